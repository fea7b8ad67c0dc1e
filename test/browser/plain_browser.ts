// Chromium as a person has it, driven by its own protocol alone: Playwright keeps every page visible, and hidden tabs are
// what is to be tested here.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { browserFlags, executablePath, patience } from './browser.ts';

interface Reply {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export class PlainBrowser {
  readonly #process: ChildProcess;
  readonly #socket: WebSocket;
  readonly #profile: string;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #nextId = 1;

  private constructor(process: ChildProcess, socket: WebSocket, profile: string) {
    this.#process = process;
    this.#socket = socket;
    this.#profile = profile;
    socket.on('message', (data) => {
      const reply = JSON.parse(String(data)) as Reply;
      if (reply.id !== undefined) this.#waiting.get(reply.id)?.(reply);
    });
  }

  static async launch(): Promise<PlainBrowser> {
    const profile = await mkdtemp(join(tmpdir(), 'gradswarm-browser-'));
    const flags = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, ...browserFlags];
    const process = spawn(await executablePath(), [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const address = await new Promise<string>((resolve, reject) => {
      let said = '';
      process.stderr?.on('data', (text) => {
        said += text;
        const found = /listening on (ws:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      process.once('exit', () => reject(new Error(`the browser ended: ${said}`)));
    });
    const socket = new WebSocket(address);
    await once(socket, 'open');
    return new PlainBrowser(process, socket, profile);
  }

  async openTab(url: string): Promise<PlainTab> {
    const { targetId } = await this.send('Target.createTarget', { url });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    return new PlainTab(this, String(targetId), String(sessionId));
  }

  send(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (result === undefined) reject(new Error(`${method}: ${error?.message}`));
        else resolve(result);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    this.#process.kill('SIGKILL');
    await once(this.#process, 'close');
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

export class PlainTab {
  readonly #browser: PlainBrowser;
  readonly #targetId: string;
  readonly #sessionId: string;

  constructor(browser: PlainBrowser, targetId: string, sessionId: string) {
    this.#browser = browser;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.#browser.send('Runtime.evaluate', { expression }, this.#sessionId);
    return (result as { value?: unknown }).value;
  }

  /** Resolves when the expression is true; rejects if it is not in time. */
  async until(expression: string): Promise<void> {
    const deadline = performance.now() + patience;
    while ((await this.evaluate(expression)) !== true) {
      if (performance.now() > deadline) throw new Error(`never true: ${expression}`);
      await wait(50);
    }
  }

  /** Puts the tab in front of the others, which are hidden then. */
  async show(): Promise<void> {
    await this.#browser.send('Target.activateTarget', { targetId: this.#targetId });
  }
}
