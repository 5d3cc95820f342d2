// A real lab for the browser's tests: the built server, agent and virtual
// boards on free ports, in a folder of their own, with jobs of every fate.
import { spawn } from 'node:child_process';
import {
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `probe` gives something; says what was awaited when not. */
export async function until(what, probe, timeout_ms = 60_000) {
  const end = Date.now() + timeout_ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(50);
  }
}

export class Lab {
  /** Folders: the built programs, the source's examples, the dashboard. */
  constructor(
    programs,
    examples,
    web = join(programs, '../share/tinyrig/web'),
  ) {
    this.programs = programs;
    this.web = web;
    this.model = join(examples, 'digits/digits.tflite');
    this.dataset = join(examples, 'digits/dataset');
    this.folder = mkdtempSync(join(tmpdir(), 'tinyrig-web-e2e.'));
    this.listen = '127.0.0.1:0';
    this.listenHttp = '127.0.0.1:0';
  }

  get http() {
    return `http://${this.listenHttp}`;
  }

  /** A service that dies with this process, whatever ends it. */
  #start(name, words) {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', join(this.programs, name), ...words],
      { stdio: ['ignore', log, log] },
    );
    child.ended = new Promise((resolve) => child.on('exit', resolve));
    return child;
  }

  /** The first time on free ports; again on the same ones. */
  async startServer() {
    const ready = join(this.folder, 'ready');
    rmSync(ready, { force: true });
    this.server = this.#start('tinyrig-server', [
      ...['--listen', this.listen, '--http', this.listenHttp],
      ...['--data', join(this.folder, 'data'), '--ready-file', ready],
      ...['--web', this.web],
    ]);
    const read = (file) => {
      try {
        return readFileSync(file, 'utf8').trim();
      } catch {
        if (this.server.exitCode !== null)
          throw new Error(`the server did not start\n${this.logs()}`);
        return '';
      }
    };
    this.listen = await until('the server', () => read(ready));
    this.listenHttp = read(`${ready}.http`);
    const page = await (await fetch(this.http)).text();
    if (!page.includes('/assets/'))
      throw new Error(`no dashboard in ${this.web}: build the target web`);
  }

  async killServer() {
    this.server.kill('SIGKILL');
    await this.server.ended;
  }

  /** Two boards that work and one that never answers. */
  async startAgent() {
    const config = join(this.folder, 'agent.yaml');
    writeFileSync(
      config,
      `server: ${this.listen}\nagent: desk\nboards:
  - {name: f746, board: nucleo_f746zg, virtual: {uid: WEB746}}
  - {name: f412, board: nucleo_f412zg, virtual: {uid: WEB412}}
  - {name: mute, board: nucleo_f412zg, virtual: {uid: WEBMUTE, faults: dead}}
`,
    );
    const state = join(this.folder, 'agent');
    this.agent = this.#start('tinyrig-agent', [
      ...['--config', config, '--state', state],
    ]);
    await this.rested();
  }

  /** No board is busy. */
  async rested() {
    await until('two idle boards and a faulty one', async () => {
      const reply = await fetch(`${this.http}/api/v1/boards`);
      const { boards } = await reply.json();
      const states = boards.map((b) => b.state).sort();
      return states.join() === 'FAULTY,IDLE,IDLE';
    });
  }

  async killAgent() {
    this.agent.kill('SIGKILL');
    await this.agent.ended;
  }

  /** Runs the tinyrig command; its exit code has to be the wanted one. */
  async tinyrig(wantedCode, ...words) {
    const child = spawn(join(this.programs, 'tinyrig'), words, {
      env: { ...process.env, TINYRIG_SERVER: this.listen },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (bytes) => (said += bytes));
    child.stderr.on('data', (bytes) => (said += bytes));
    const code = await new Promise((resolve) => child.on('close', resolve));
    if (code !== wantedCode)
      throw new Error(
        `tinyrig ${words.join(' ')}: exit code ${code}, wanted ${wantedCode}\n${said}\n${this.logs()}`,
      );
    return said;
  }

  /** Jobs of every fate: two good rounds, another build, a refusal, a time-out. */
  async fill() {
    const both = ['--board', 'nucleo_f746zg,nucleo_f412zg', '--quiet'];
    const data = ['--dataset', this.dataset];
    const submit = (code, model, ...words) =>
      this.tinyrig(code, 'submit', model, ...both, ...words);
    await submit(0, this.model, ...data);
    await submit(0, this.model, ...data, '--runs', '20');
    await submit(0, this.model, '--runs', '40', '--optimize', 'size');
    const half = join(this.folder, 'half.tflite');
    const bytes = readFileSync(this.model);
    writeFileSync(half, bytes.subarray(0, bytes.length / 2));
    await submit(3, half);
    await submit(5, this.model, ...data, '--runs', '1000', '--timeout', '1');
    await this.rested();
  }

  logs() {
    return ['tinyrig-server', 'tinyrig-agent']
      .map((name) => {
        try {
          const text = readFileSync(join(this.folder, `${name}.log`), 'utf8');
          return `--- ${name}\n${text.slice(-2000)}`;
        } catch {
          return '';
        }
      })
      .join('\n');
  }

  async stop() {
    for (const child of [this.agent, this.server]) {
      if (!child || child.exitCode !== null || child.signalCode) continue;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await child.ended;
      clearTimeout(late);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
