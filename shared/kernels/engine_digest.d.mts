export function engineDigestOf(shared: string): Promise<string>;
