// Clients of the example `chat` without a page, for what a page would never do.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { connect as dial } from 'node:net';
import { Terminal, until } from './people.mjs';
const { WebSocket } = createRequire(import.meta.url)('ws');

const hello = (client, room, name = client) => ({ type: 'hello', client, name, place: { room, epoch: null, after: 0 } });
const enter = (room) => ({ type: 'enter', place: { room, epoch: null, after: 0 } });

export class Robot {
  received = [];

  static async connect(url, path = '/chat') {
    const robot = new Robot();
    robot.socket = new WebSocket(new URL(path, url).href.replace(/^http/, 'ws'));
    robot.socket.on('message', (data) => robot.received.push({ ...JSON.parse(data), size: data.length }));
    await once(robot.socket, 'open');
    robot.closed = once(robot.socket, 'close').then(([code, reason]) => [code, String(reason)]);
    return robot;
  }

  /** One that is in a room. */
  static async enter(url, key, room) {
    const robot = await Robot.connect(url);
    robot.send(hello(key, room));
    await robot.gets('welcome');
    return robot;
  }

  send(...messages) {
    for (const message of messages) this.socket.send(Buffer.isBuffer(message) || typeof message === 'string' ? message : JSON.stringify(message));
  }

  say(id, room, text) {
    this.send({ type: 'say', id, room, text });
  }

  gets(type, matches = () => true) {
    return until(`a robot gets ${type}`, () => this.received.find((message) => message.type === type && matches(message)));
  }

  /** After all that was sent to it before. */
  async all(type) {
    this.send({ type: 'beat' });
    await this.gets('beat');
    return this.received.filter((message) => message.type === type);
  }

  async leave() {
    this.socket.close(1000);
    assert.equal((await this.closed)[0], 1000);
  }
}

/** Many say something in a room in which they are not: as much as each may at once. */
export async function chorus(url, voices, room, text) {
  for (let voice = 0; voice < voices; voice++) {
    const robot = await Robot.enter(url, `chorus${room}${voice}`, 'choir');
    for (let id = 1; id <= 25; id++) robot.say(id, room, text);
    await robot.leave();
  }
}

/** The status and the body of an answer to a request with this Host field. */
async function ask(url, host, fields = {}) {
  const { hostname, port } = new URL(url);
  const asked = request({ hostname, port, path: fields.upgrade ? '/chat' : '/', headers: { host, ...fields } }).end();
  const [answer] = await Promise.race([once(asked, 'response'), once(asked, 'upgrade')]);
  if (answer.statusCode === 101) return asked.destroy(), [101, ''];
  return [answer.statusCode, (await answer.toArray()).join('')];
}

export async function strangers(check, { url }, program) {
  const silent = await Robot.connect(url);
  await rules(check, url);
  await answers(check, url);
  await bounds(check, url, silent);
  await names(check, url, program);
  await inputs(check, url, program);
  await places(check, url, program);
}

async function rules(check, url) {
  await check('whatever a client sends, it is told what was wrong with it', async () => {
    const eve = hello('stranger1', 'lobby', 'Eve');
    for (const [code, ...messages] of [
      [1003, Buffer.of(1, 2, 3)],
      [1007, 'nonsense'],
      [1007, '{"type":"hello"}'],
      [1007, { ...eve, admin: true }],
      [1008, { type: 'say', id: 1, room: 'lobby', text: 'before the hello' }],
      [1008, { ...eve, name: 'E'.repeat(25) }],
      [1008, { ...eve, name: 'E\u001b[2J' }],
      [1008, { ...eve, name: 'Ev\u200be' }],
      [1008, { ...eve, name: '\u202eevE' }],
      [1008, { ...eve, name: '\u2066Eve' }],
      [1008, { ...eve, name: '\u3164' }],
      [1008, { ...eve, client: '../../etc' }],
      [1008, hello('stranger2', '')],
      [1008, eve, eve],
      [1008, hello('stranger3', 'lobby'), enter('\n')],
      [1008, hello('stranger4', 'lobby'), ...Array(10).fill(enter('lobby'))],
      [1008, hello('stranger5', 'lobby'), { type: 'say', id: 0, room: 'lobby', text: 'nothing' }],
    ]) {
      const robot = await Robot.connect(url);
      robot.send(...messages);
      const [closed, reason] = await robot.closed;
      assert.equal(closed, code, JSON.stringify(messages[0]));
      assert.notEqual(reason, '');
    }
  });

  await check('a room in the query of the URL is that of a hello without a place', async () => {
    for (const [query, room] of [['?room=1', '1'], ['?x=1&room=caf%C3%A9+bar', 'café bar'], ['', 'lobby'], ['?', 'lobby']]) {
      const robot = await Robot.connect(url, `/chat${query}`);
      robot.send({ type: 'hello', client: 'inquery12', name: 'Query' });
      assert.equal((await robot.gets('welcome')).room, room, query);
      await robot.leave();
    }
    const invalid = await Robot.connect(url, '/chat?room=%1b');
    invalid.send({ type: 'hello', client: 'inquery12', name: 'Query' });
    assert.equal((await invalid.closed)[0], 1008);
    const elsewhere = new WebSocket(new URL('/chats?room=1', url).href.replace(/^http/, 'ws'));
    assert.match((await once(elsewhere, 'error'))[0].message, /404/);
  });

  await check('a client that comes again takes the place of its old connection', async () => {
    const old = await Robot.enter(url, 'twice1234', 'lobby');
    const young = await Robot.enter(url, 'twice1234', 'lobby');
    assert.equal((await old.closed)[0], 4000);
    await young.leave();
  });
}

async function answers(check, url) {
  await check('a message that comes again gets the answer that it had', async () => {
    const witness = await Robot.enter(url, 'witness12', 'verdicts');
    const first = await Robot.enter(url, 'verdict12', 'verdicts');
    const messages = [[1, 'verdicts', ' ', 'refused'], [2, 'verdicts', 'once', 'taken'], [3, 'nowhere', 'is nobody', 'refused'], [4, 'verdicts', 'twice', 'taken']];
    const repeats = async (robot) => {
      for (const [id, room, text, answer] of messages) {
        robot.say(id, room, text);
        await robot.gets(answer, (message) => message.id === id);
      }
    };
    await repeats(first);
    await (await Robot.enter(url, 'nowhere12', 'nowhere')).leave();
    const again = await Robot.enter(url, 'verdict12', 'verdicts');
    assert.equal((await again.gets('welcome')).last_id, 4);
    await repeats(again);
    assert.deepEqual((await witness.all('said')).map(({ text }) => text), ['once', 'twice']);
    for (const robot of [witness, again]) await robot.leave();
  });

  await check('what is kept of a room is bounded as it is sent, and has no control characters', async () => {
    const robot = await Robot.enter(url, 'control12', 'bytes');
    robot.say(1, 'bytes', 'a\u0001b');
    assert.equal((await robot.gets('refused')).why, 'it contains control characters');
    robot.say(2, 'bytes', 'a\n\tb');
    await robot.gets('taken', ({ id }) => id === 2);
    await chorus(url, 4, 'bytes', '"'.repeat(2000));
    const late = await Robot.enter(url, 'late12345', 'bytes');
    const said = await late.all('said');
    const size = said.reduce((sum, message) => sum + message.size, 0);
    assert.ok(said.length > 20 && size <= 128 * 1024, `${said.length} messages, ${size} bytes`);
    await robot.leave();
    await late.leave();
  });
}

async function bounds(check, url, silent) {
  await check('typing is passed on now and then only', async () => {
    const [writer, reader] = [await Robot.enter(url, 'writer123', 'typing'), await Robot.enter(url, 'reader123', 'typing')];
    writer.send(...Array(10).fill({ type: 'typing' }));
    writer.say(1, 'typing', 'at last');
    await reader.gets('said');
    assert.equal((await reader.all('typing')).length, 1);
    for (const robot of [writer, reader]) await robot.leave();
  });

  await check('somebody who types a lot can still send', async () => {
    const robot = await Robot.enter(url, 'typist123', 'typing');
    robot.send(...Array(200).fill({ type: 'typing' }));
    for (let id = 1; id <= 25; id++) robot.say(id, 'typing', 'a message');
    await robot.gets('taken', ({ id }) => id === 25);
    await robot.leave();
  });

  await check('typing is told again after a message', async () => {
    const [writer, reader] = [await Robot.enter(url, 'writer234', 'typing'), await Robot.enter(url, 'reader234', 'typing')];
    writer.send({ type: 'typing' });
    writer.say(1, 'typing', 'one');
    writer.send({ type: 'typing' });
    writer.say(2, 'typing', 'two');
    await reader.gets('said', ({ text }) => text === 'two');
    assert.equal((await reader.all('typing')).length, 2);
    for (const robot of [writer, reader]) await robot.leave();
  });

  await check('new connections do not bring new patience, and one without a hello is ended', async () => {
    const robots = await Promise.all(Array.from({ length: 20 }, () => Robot.connect(url)));
    for (const robot of robots) robot.send(hello('patience1', 'lobby'));
    await until('one is disconnected', () => robots.find((robot) => robot.socket.readyState !== WebSocket.OPEN));
    for (const robot of robots) robot.socket.close();
    const ends = (await Promise.all(robots.map((robot) => robot.closed))).map(String);
    assert.ok(ends.includes('1008,too many connections in too short a time'), ends.join('; '));
    assert.deepEqual(await silent.closed, [1008, 'no hello was received within 10 seconds']);
  });
}

async function names(check, url, program) {
  await check('a name that was made to point here is not served', async () => {
    const port = new URL(url).port;
    const key = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' };
    for (const host of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, `localhost.evil.example:${port}`]) {
      for (const fields of [{}, { ...key, origin: `http://${host}` }]) {
        const [status, words] = await ask(url, host, fields);
        assert.equal(status, 421, host);
        assert.match(words, /does not have the host name of this request/);
      }
    }
    for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      assert.equal((await ask(url, host))[0], 200, host);
      assert.equal((await ask(url, host, { ...key, origin: `http://${host}` }))[0], 101, host);
    }
  });

  await check('a server with a name, of which nobody reads what it prints', async () => {
    const other = await Terminal.start(program, 'Chat.Example');
    other.process.stdout.destroy();
    assert.equal((await ask(other.url, 'chat.example:80'))[0], 200);
    assert.equal((await ask(other.url, 'evil.example:80'))[0], 421);
    const robot = await Robot.enter(other.url, 'listener1', 'lobby');
    for (let i = 0; i < 3; i++) await (await Robot.enter(other.url, `passerby${i}`, 'lobby')).leave();
    other.process.stdin.write(Buffer.from('\xffoud\u0007\n', 'latin1'));
    assert.equal((await robot.gets('announced')).text, '\ufffdoud');
    other.type('quit');
    assert.equal((await robot.closed)[0], 1001);
    assert.deepEqual(await other.ended, [0, null]);
  });
}

async function inputs(check, url, program) {
  await check('a typed line without an end is kept up to the longest text', async () => {
    const other = await Terminal.start(program);
    const robot = await Robot.enter(other.url, 'listener2', 'lobby');
    const { stdin, pid } = other.process;
    for (let i = 0; i < 100; i++) if (!stdin.write(Buffer.alloc(1024 * 1024, 'x'))) await once(stdin, 'drain');
    stdin.write('\nthe next line\n');
    await robot.gets('announced', ({ text }) => text === 'the next line');
    assert.equal((await robot.gets('announced')).text, 'x'.repeat(2000));
    const memory = /VmHWM:\s*(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'));
    assert.ok(Number(memory[1]) < 32 * 1024, memory[0]);
    for (let i = 0; i < 10_000; i++) if (!stdin.write(`line ${i}\n`)) await once(stdin, 'drain');
    other.type('quit');
    await other.ended;
  });

  await check('an address that is taken is named', async () => {
    const { host } = new URL(url);
    const second = spawn(program, [host], { stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(second, 'exit');
    const words = (await second.stderr.toArray()).join('');
    assert.deepEqual(await ended, [1, null]);
    assert.ok(words.startsWith(`cannot listen on ${host}: `), words);
  });
}

async function places(check, url, program) {
  await check('the place of a new room is that of the empty one that was not used for longest', async () => {
    const other = await Terminal.start(program);
    const first = await Robot.enter(other.url, 'mover1234', 'zzz');
    first.send(enter('aaa'));
    await first.gets('welcome', ({ room }) => room === 'aaa');
    await first.leave();
    const rooms = Array.from({ length: 62 }, (_, i) => `crowd ${i}`);
    let robot;
    while (rooms.length) {
      await robot?.leave();
      const [room, ...more] = rooms.splice(0, 6);
      robot = await Robot.enter(other.url, `crowd${rooms.length}abc`, room);
      robot.send(...more.map(enter));
      await robot.gets('welcome', ({ room }) => room === (more.at(-1) ?? room));
    }
    const list = (await robot.all('rooms')).at(-1).rooms.map(({ room }) => room);
    assert.deepEqual([list.length, list.includes('aaa'), list.includes('zzz')], [64, true, false]);
    other.type('quit');
    await other.ended;
  });

  await check('there is an end to the number of connections, and others get 503', async () => {
    const { hostname: host, port } = new URL(url);
    const answers = [];
    const sockets = [];
    while (sockets.length < 820) { // one after the other, as the kernel would let those wait who come all at once
      const socket = dial({ host, port }).on('data', (data) => answers.push(String(data)));
      sockets.push(socket);
      await once(socket, 'connect');
    }
    await until('one is refused', () => answers.some((answer) => /^HTTP\/1\.1 503 /.test(answer)));
    for (const socket of sockets) socket.destroy();
    await until('there is room again', () => fetch(url).then(({ status }) => status === 200, () => false));
  });
}
