import { ModuleMocker } from 'jest-mock';

/** What jest-circus leaves on the global object for the length of a test file. */
const leftBehind = /^(JEST_STATE_SYMBOL|EVENT_HANDLERS)$/;

/** A test environment in the realm of the process: errors of Node's own are instances of `Error`, as in production. */
export default class ProcessEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  fakeTimers = null;
  fakeTimersModern = null;
  #before = { env: { ...process.env }, exit: process.exit, console };
  #names;

  /** The project's `globals` are there while its files run. */
  constructor({ projectConfig }) {
    this.#names = Object.keys(projectConfig.globals);
    Object.assign(globalThis, projectConfig.globals);
    Error.stackTraceLimit = 100;
  }

  async setup() {}

  async teardown() {
    const { env, exit, console } = this.#before;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
    process.exit = exit;
    globalThis.console = console;
    for (const name of this.#names) delete globalThis[name];
    for (const symbol of Object.getOwnPropertySymbols(globalThis))
      if (leftBehind.test(symbol.description)) delete globalThis[symbol];
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  getVmContext() {
    return null;
  }
}
