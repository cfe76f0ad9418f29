// The example `chat` with its terminal, and people with a page in front of them, for chat.mjs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Asks until the answer is yes. Only a test that hangs finds the end of it. */
export async function until(what, ask) {
  let last;
  for (let i = 0; i < 600; i++) {
    if (last = await ask()) return last;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`in vain: ${what}`);
}

/** The example, with its terminal. */
export class Terminal {
  lines = [];

  /** With further names that it goes by. */
  static async start(program, ...names) {
    const terminal = new Terminal();
    terminal.process = spawn(program, ['127.0.0.1:0', ...names], { stdio: ['pipe', 'pipe', 'inherit'] });
    process.on('exit', () => terminal.process.kill('SIGKILL'));
    createInterface(terminal.process.stdout).on('line', (line) => {
      terminal.lines.push(line);
      if (!/choir|crowd|chorus/.test(line)) console.log(`     | ${line}`);
    });
    terminal.ended = once(terminal.process, 'exit');
    [, terminal.url] = await terminal.prints(/^listening on (http:\S+)/);
    return terminal;
  }

  type(line) {
    this.process.stdin.write(`${line}\n`);
  }

  prints(pattern) {
    return until(`the terminal prints ${pattern}`, () => this.lines.map((line) => line.match(pattern)).find(Boolean));
  }
}

/** Somebody with a page. */
export class Person {
  // The page's own sockets, so that more can be sent through them than the page would; what it has sent; what its policy
  // forbade; and how the bounds of its waits went.
  static #SPY = `
    const sockets = [], sent = [], violations = [], bounds = [];
    window.WebSocket = class extends WebSocket {
      constructor(...args) { super(...args); sockets.push(this); }
      send(data) { super.send(data); sent.push(data); }
    };
    document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));
    document.addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
      const { attempt, bound } = document.getElementById('attempt').dataset;
      if (attempt && bounds.at(-1)?.[0] !== +attempt) bounds.push([+attempt, +bound]);
    }).observe(document.getElementById('attempt'), { attributes: true }));
    Object.assign(window, { spy: { sockets, sent, violations, bounds } });`;

  static async #open(browser, url, name) {
    const person = new Person();
    person.name = name;
    person.page = await browser.page();
    await person.page.call('Page.addScriptToEvaluateOnNewDocument', { source: Person.#SPY });
    await person.page.call('Emulation.setLocaleOverride', { locale: 'en-GB' });
    await person.page.open(url);
    return person;
  }

  static async come(browser, url, name, room) {
    const person = await Person.#open(browser, `${url}#${encodeURIComponent(room)}`, name);
    await person.page.evaluate(`document.getElementById('name').select()`);
    await person.page.call('Input.insertText', { text: name });
    await person.key('Enter');
    await person.sees('#state', 'connected');
    return person;
  }

  /** Another page with all that this one keeps, as a browser makes it of a tab; `change` changes that before. */
  async duplicate(browser, url, change = () => {}) {
    const twin = await Person.#open(browser, url, `${this.name}'s twin`);
    const kept = JSON.parse(await this.page.evaluate('sessionStorage.chat'));
    change(kept);
    await twin.page.evaluate(`sessionStorage.chat = ${JSON.stringify(JSON.stringify(kept))}; location.reload()`);
    await twin.sees('#state', 'connected');
    return twin;
  }

  /** A key that an input method has eaten brings no text. */
  async key(key, { windowsVirtualKeyCode = 13, text = '\r' } = {}) {
    const event = { key, code: key, windowsVirtualKeyCode };
    await this.page.call('Input.dispatchKeyEvent', { type: text ? 'keyDown' : 'rawKeyDown', ...event, text });
    await this.page.call('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  async types(text) {
    await this.page.evaluate(`document.getElementById('text').focus()`);
    await this.page.call('Input.insertText', { text });
  }

  async says(...texts) {
    for (const text of texts) {
      await this.types(text);
      await this.key('Enter');
    }
  }

  async goes(room) {
    await this.page.evaluate(`document.getElementById('new').focus()`);
    await this.page.call('Input.insertText', { text: room });
    await this.key('Enter');
    await this.sees('#rooms [aria-current] bdi', room);
  }

  shown(selector) {
    return this.page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.checkVisibility()
      ? document.querySelector(${JSON.stringify(selector)}).textContent : null`);
  }

  async sees(selector, text) {
    const matches = (found) => found !== null && (text instanceof RegExp ? text.test(found) : found === text);
    let found;
    try {
      await until('', async () => matches(found = await this.shown(selector)));
    } catch {
      throw new Error(`${this.name} should see ${text} at ${selector}, and sees ${JSON.stringify(found)}`);
    }
  }

  /** All that was said and announced, in the order in which it is shown, without what is on its way. */
  heard() {
    return this.page.evaluate(`[...document.querySelectorAll('.log > :is(.said:not(.waiting), .announced)')]
      .map((item) => (item.querySelector('.text') ?? item).firstChild.textContent)`);
  }

  async hears(texts) {
    let heard;
    const isAll = async () => (heard = await this.heard()).length >= texts.length && await this.page.evaluate(`!document.querySelector('.waiting')`);
    await until(`${this.name} hears all`, isAll).catch(() => {});
    assert.deepEqual(heard, texts, `what ${this.name} has`);
  }

  /** What a note in the conversation says of a loss; the banner above it goes when the connection is back, which may be soon. */
  isTold(pattern) {
    return until(`${this.name} is told ${pattern}`, async () => (await this.notes()).some((note) => pattern.test(note)));
  }

  /** Waits until the page has sent something, wherever that may get to. */
  hasSent(text) {
    return until(`${this.name} has sent ${text}`, () => this.page.evaluate(`spy.sent.some((data) => data.includes(${JSON.stringify(text)}))`));
  }

  notes() {
    return this.page.evaluate(`[...document.querySelectorAll('.note')].map((note) => note.textContent)`);
  }

  /** Sends something over the page's own socket. */
  forces(expression) {
    return this.page.evaluate(`{ const socket = spy.sockets.at(-1); ${expression} }`);
  }

  now() {
    return this.page.evaluate(`document.getElementById('now').click()`);
  }
}
