// Where on a coordinator's port workers connect: below whatever prefix a reverse proxy puts in front of it.

export const workerPath = '/worker';

/** The path that a worker upgrades at, from the path of the URL that its user gave: that of the coordinator or its own. */
export function pathForWorkers(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed.endsWith(workerPath) ? trimmed : `${trimmed}${workerPath}`;
}
