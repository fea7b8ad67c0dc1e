import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFileWhole, writeFileAtomically } from '../../../coordinator/records/atomic_write.ts';
import { MemoryDisk } from './memory_disk.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradswarm-'));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);

describe('writeFileAtomically', () => {
  it('writes a new file and leaves nothing else behind', async () => {
    const path = join(folder, 'weights');
    await writeFileAtomically(path, bytes('new'));
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['weights']);
  });

  it('replaces a longer file whole', async () => {
    const path = join(folder, 'weights');
    await writeFile(path, 'older and longer');
    await writeFileAtomically(path, bytes('new'));
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('never shows a reader anything but one whole content', async () => {
    const path = join(folder, 'weights');
    const contents = ['a', 'b'].map((letter) => letter.repeat(1_000_000));
    await writeFileAtomically(path, bytes(contents[0] ?? ''));
    let writing = true;
    const writes = (async () => {
      for (let turn = 0; turn < 10; turn++) await writeFileAtomically(path, bytes(contents[turn % 2] ?? ''));
      writing = false;
    })();
    let reads = 0;
    while (writing) {
      const found = await readFile(path, 'utf8');
      // Not by toContain: it would print megabytes.
      expect(contents.includes(found)).toBe(true);
      reads += 1;
    }
    await writes;
    expect(reads).toBeGreaterThan(0);
  });

  it('lets two writers of one path each write whole', async () => {
    const path = join(folder, 'weights');
    await Promise.all(['one', 'two', 'three'].map((text) => writeFileAtomically(path, bytes(text))));
    expect(['one', 'two', 'three']).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['weights']);
  });

  it('removes its temporary file and keeps the target when it cannot be replaced', async () => {
    const path = join(folder, 'weights');
    await mkdir(path);
    await writeFile(join(path, 'kept'), 'kept');
    await expect(writeFileAtomically(path, bytes('new'))).rejects.toMatchObject({
      code: expect.stringMatching(/EISDIR|ENOTEMPTY|EPERM/),
    });
    expect(await readdir(folder)).toEqual(['weights']);
    expect(await readFile(join(path, 'kept'), 'utf8')).toBe('kept');
  });

  it.each(['sync', 'writeFile'] as const)('throws the file away at a failed %s, never tries it again', async (call) => {
    const path = join(folder, 'weights');
    await writeFile(path, 'old');
    const handle = await open(path);
    const failing = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, call);
    await handle.close();
    failing.mockRejectedValueOnce(Object.assign(new Error('scripted'), { code: 'EIO' }));
    try {
      await expect(writeFileAtomically(path, bytes('new'))).rejects.toMatchObject({ code: 'EIO' });
      expect(failing).toHaveBeenCalledTimes(1);
    } finally {
      failing.mockRestore();
    }
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['weights']);
  });

  it('makes the rename durable: file and folder are both synced, in this order', async () => {
    const path = join(folder, 'weights');
    const handle = await open(folder);
    const synced = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync');
    await handle.close();
    const found: string[][] = [];
    synced.mockImplementation(async () => {
      found.push((await readdir(folder)).map((name) => (name === 'weights' ? name : 'temporary')));
    });
    try {
      await writeFileAtomically(path, bytes('new'));
    } finally {
      synced.mockRestore();
    }
    expect(found).toEqual([['temporary'], ['weights']]);
  });

  it('fails with the file system’s error where there is no folder', async () => {
    await expect(writeFileAtomically(join(folder, 'missing', 'weights'), bytes('new'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

describe('createFileWhole', () => {
  it('makes a new file and leaves nothing else behind', async () => {
    const path = join(folder, 'lock');
    await createFileWhole(path, bytes('mine'));
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('leaves a file alone that is there', async () => {
    const path = join(folder, 'lock');
    await writeFile(path, 'theirs');
    await expect(createFileWhole(path, bytes('mine'))).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(path, 'utf8')).toBe('theirs');
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('makes the bytes durable before they can be seen', async () => {
    const disk = new MemoryDisk();
    await createFileWhole('run/lock', bytes('mine'), disk);
    expect(disk.log).toEqual(['create run/lock.tmp', 'sync run/lock.tmp', 'link run/lock', 'remove run/lock.tmp']);
  });

  it('leaves nothing behind where the disk is full, with hard links or without', async () => {
    for (const code of [undefined, 'EPERM']) {
      const disk = new MemoryDisk();
      if (code === undefined) disk.capacity = 2;
      else disk.failing.set('link', code);
      const { create } = disk;
      disk.create = async (path, content) => {
        if (!path.endsWith('.tmp')) disk.capacity = 2 + content.length;
        await create(path, content);
      };
      await expect(createFileWhole('run/lock', bytes('mine'), disk)).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(disk.files.size).toBe(0);
    }
  });
});
