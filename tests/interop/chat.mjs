// chat.mjs SERVER: starts the server of `examples/chat` and has people in headless Chromium talk through it. Each of them types into
// the page, as a person does; what the page shows is what counts. Nothing depends on how long something takes.
// SCREENSHOT is a file for a picture of a conversation.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Browser } from './browser.mjs';
import { Faults } from './faults.mjs';
import { Person, Terminal } from './people.mjs';
import { Robot, chorus, strangers } from './robots.mjs';

/** It ends with the first failure, as each check goes on where the last one ended. */
let passed = 0;
async function check(name, act) {
  try {
    await act();
  } catch (error) {
    console.log(`FAIL ${name} - ${error.message}`);
    await browser.stop();
    process.exit(1);
  }
  console.log(`ok   ${name}`);
  passed += 1;
}

const browser = await Browser.start();
console.log((await browser.call('Browser.getVersion')).product);
if (process.env.SCREENSHOT) await picture(process.env.SCREENSHOT);
const terminal = await Terminal.start(process.argv[2]);
const network = await Faults.before(terminal.url);
const all = []; // what everybody has to have, in order

const minji = await Person.come(browser, terminal.url, '민지', 'lobby');
const jonas = await Person.come(browser, network.url, 'Jonas', 'lobby');
const ada = await Person.come(browser, terminal.url, 'Ada', 'library');
const everybodyHears = async (...texts) => {
  all.push(...texts);
  for (const person of [minji, jonas]) await person.hears(all);
};

await check('the page is served with its policy, and nothing else is', async () => {
  const page = await fetch(terminal.url);
  assert.match(page.headers.get('content-security-policy'), /default-src 'none'; script-src 'nonce-[0-9a-f]{32}'/);
  assert.notEqual(page.headers.get('content-security-policy'), (await fetch(terminal.url)).headers.get('content-security-policy'));
  assert.equal((await fetch(new URL('/?room=library', terminal.url))).status, 200);
  assert.equal((await fetch(new URL('/other', terminal.url))).status, 404);
  assert.equal((await fetch(terminal.url, { method: 'POST' })).status, 405);
  const head = await fetch(terminal.url, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-type'), await head.text()], [200, 'text/html; charset=utf-8', '']);
});

await check('two pages see each other and talk', async () => {
  await minji.sees('#people', /민지.*Jonas/);
  await jonas.sees('#people', /민지.*Jonas/);
  await minji.says('안녕하세요! 👋');
  await jonas.sees('.said:last-child .text', /안녕하세요/);
  await jonas.says('Grüße aus Köln 🌧️', '<b>not bold</b> & "quoted"');
  await everybodyHears('안녕하세요! 👋', 'Grüße aus Köln 🌧️', '<b>not bold</b> & "quoted"');
});

await check('Enter does not send while a syllable is composed, and the other page is told of typing', async () => {
  await minji.page.evaluate(`document.getElementById('text').focus()`);
  for (const text of ['ㅎ', '하', '한']) {
    await minji.page.call('Input.imeSetComposition', { text, selectionStart: 1, selectionEnd: 1 });
  }
  await jonas.sees('#typing', '민지 is typing…');
  // Browsers tell it in one of two ways.
  await minji.key('Enter', { text: '' });
  await minji.key('Process', { windowsVirtualKeyCode: 229, text: '' });
  assert.equal(await minji.page.evaluate(`document.getElementById('text').value`), '한');
  await minji.page.call('Input.insertText', { text: '한글 😀👨‍👩‍👧' });
  await minji.key('Enter');
  await everybodyHears('한글 😀👨‍👩‍👧');
  assert.equal(await jonas.shown('#typing'), '', 'the message ends it');
});

await check('who leaves is no longer typing', async () => {
  const noa = await Person.come(browser, terminal.url, 'Noa', 'lobby');
  await noa.types('I am');
  await jonas.sees('#typing', 'Noa is typing…');
  await noa.page.call('Page.close');
  await jonas.sees('#people', /^(?!.*Noa)/);
  assert.equal(await jonas.shown('#typing'), '');
});

await check('an announcement from the terminal reaches all rooms', async () => {
  terminal.type('차 한잔 하세요 ☕');
  await ada.hears(['차 한잔 하세요 ☕']);
  await everybodyHears('차 한잔 하세요 ☕');
});

await check('rooms are apart, and who goes back to one has what was said there', async () => {
  await minji.goes('library');
  await minji.says('조용히! 🤫');
  for (const person of [ada, minji]) await person.hears(['차 한잔 하세요 ☕', '조용히! 🤫']);
  await jonas.says('while she was away');
  await minji.goes('lobby');
  await everybodyHears('while she was away');
  await ada.page.open('about:blank');
  await terminal.prints(/^- Ada, in library: left the page$/);
});

await check('a connection that is cut comes back, with every message exactly once, in order', async () => {
  network.swallow('down');
  await jonas.says('taken, but its acknowledgement is lost');
  await minji.hears([...all, 'taken, but its acknowledgement is lost']);
  network.swallow('up');
  await jonas.says('lost on its way');
  await jonas.hasSent('lost on its way');
  network.cut();
  await jonas.isTold(/^Connection lost\. \(code 1006, not clean\)$/);
  await jonas.sees('#cause', 'The server cannot be reached.'); // after the first attempt that fails
  await jonas.says('typed without a network', '끊겼어요 📴');
  await minji.says('Jonas?', '기다릴게요 ⏳');
  await minji.hears([...all, 'taken, but its acknowledgement is lost', 'Jonas?', '기다릴게요 ⏳']);
  terminal.type('Jonas misses this, for now');
  await jonas.sees('#attempt', /^Attempt 4 in \d+ s \(random delay, up to 8 s\)$/);
  network.mend();
  await jonas.sees('#state', 'connected');
  await everybodyHears('taken, but its acknowledgement is lost', 'Jonas?', '기다릴게요 ⏳', 'Jonas misses this, for now',
    'lost on its way', 'typed without a network', '끊겼어요 📴');
  const bounds = await jonas.page.evaluate('spy.bounds');
  assert.deepEqual(bounds.slice(0, 4), [[1, 1000], [2, 2000], [3, 4000], [4, 8000]]);
  assert.equal(await jonas.page.evaluate('spy.sockets.length'), bounds.length + 1, 'a connection for each attempt');
  assert.ok((await jonas.notes()).some((note) => /^Connected again after \d attempts\.$/.test(note)));
  assert.equal(await jonas.shown('#banner'), null);
  await terminal.prints(/^- Jonas, in lobby: lost the connection: /);
});

await check('a connection that only falls silent is given up', async () => {
  network.swallow('down');
  network.swallow('up');
  await jonas.says('into the void');
  await minji.says('anybody there?');
  await jonas.sees('#cause', 'Connection lost: the server does not answer.');
  network.mend();
  await jonas.now();
  await jonas.sees('#state', 'connected');
  await everybodyHears('anybody there?', 'into the void');
});

await check('a device that goes offline says so, and comes back at once', async () => {
  const offline = (offline) => jonas.page.call('Network.emulateNetworkConditions',
    { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await jonas.page.call('Network.enable');
  await minji.types('모두 ');
  await jonas.sees('#typing', '민지 is typing…');
  await offline(true);
  await jonas.isTold(/^This device is offline\. /);
  assert.equal(await jonas.shown('#typing'), '');
  await minji.page.evaluate(`document.getElementById('text').value = ''`);
  await minji.says('모두 있나요?');
  await jonas.says('on a train 🚆');
  await offline(false);
  await jonas.sees('#state', 'connected');
  await everybodyHears('모두 있나요?', 'on a train 🚆');
});

await check('a flood is answered with 1008, in words', async () => {
  network.shut();
  await jonas.forces(`for (let i = 0; i < 500; i++) socket.send('{"type":"typing"}')`);
  // Chromium does not call it clean if a part of the flood has not left yet.
  await jonas.isTold(/^The server rejected a message\. \(“too many messages in too short a time” — code 1008, (not )?clean\)$/);
  await terminal.prints(/^- Jonas, in lobby: was disconnected with 1008: too many messages/);
  await jonas.sees('#cause', 'The server cannot be reached.');
  await jonas.sees('#detail', 'code 1006, not clean');
  network.mend();
  await jonas.now();
  await jonas.sees('#state', 'connected');
});

await check('a message that is too large is answered with 1009, in words', async () => {
  await jonas.forces(`socket.send('x'.repeat(20000))`);
  await jonas.isTold(/^A message was too large\. \(.*code 1009, clean\)$/);
  await terminal.prints(/^- Jonas, in lobby: violated the protocol \(1009\): /);
  await jonas.now();
  await jonas.sees('#state', 'connected');
});

await check('an invalid message is answered with 1007, in words', async () => {
  await jonas.forces(`socket.send('{"type":"shutdown"}')`);
  await jonas.isTold(/^The server received an invalid message\. \(“not a valid message of this chat: .*” — code 1007, clean\)$/);
  await jonas.now();
  await jonas.sees('#state', 'connected');
  await minji.says('아직 다 있어요 ✅');
  await everybodyHears('아직 다 있어요 ✅');
});

await check('a pending message fades in once, whatever is acknowledged before it', async () => {
  await jonas.page.evaluate(`window.faded = [];
    document.addEventListener('animationstart', ({ target }) => {
      if (target.matches('.mine')) faded.push([target.querySelector('.text').firstChild.textContent, target.matches('.waiting')]);
    })`);
  const texts = ['first 1️⃣', 'second 2️⃣', 'third 3️⃣'];
  network.swallow('up');
  await jonas.says(...texts);
  await jonas.hasSent(texts[2]);
  network.mend();
  await jonas.page.evaluate(`window.dispatchEvent(new Event('offline')); document.getElementById('now').click()`);
  await everybodyHears(...texts);
  assert.deepEqual(await jonas.page.evaluate('faded'), texts.map((text) => [text, true]));
});

await check('a narrow page is as wide as its window, and its panel closes', async () => {
  const wire = await Faults.before(terminal.url);
  const name = '가나다라마바사아자차카타파하가나다라마바사아자차';
  const wanda = await Person.come(browser, wire.url, name, `W${'W'.repeat(22)}M`);
  const fits = async () => assert.equal(await wanda.page.evaluate('document.documentElement.scrollWidth'), 390);
  const expanded = () => wanda.page.evaluate(`document.getElementById('menu').ariaExpanded`);
  const click = (selector) => wanda.page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  await wanda.page.call('Emulation.setDeviceMetricsOverride', { width: 390, height: 700, deviceScaleFactor: 1, mobile: false });
  await wanda.says('narrow');
  await wanda.hears(['narrow']);
  await fits();
  await click('#menu');
  assert.equal(await expanded(), 'true');
  assert.equal(await wanda.page.evaluate(`document.querySelector('#people bdi').title`), name);
  assert.ok(await wanda.page.evaluate(`(({ right }) => right <= document.getElementById('side').clientWidth)(document.querySelector('#people bdi').getBoundingClientRect())`));
  await wanda.key('Escape', { windowsVirtualKeyCode: 27, text: '' });
  assert.deepEqual([await expanded(), await wanda.shown('#side')], ['false', null]);
  await click('#menu');
  await click('#rooms li button');
  assert.deepEqual([await expanded(), await wanda.shown('#side')], ['false', null]);
  wire.cut();
  await wanda.sees('#state', 'not connected');
  await fits();
  await wanda.sees('#state', /^connecting \(attempt \d+\)…|not connected$/);
  await fits();
  await wanda.page.call('Page.close');
  wire.stop();
});

await check('a reload keeps what was not acknowledged', async () => {
  network.swallow('up');
  await jonas.says('kept over a reload');
  await jonas.hasSent('kept over a reload');
  network.mend();
  await jonas.page.call('Page.reload');
  await everybodyHears('kept over a reload');
});

await check('a page of a foreign origin is refused', async () => {
  const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end('a page of another site'));
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  const origin = `http://127.0.0.1:${site.address().port}`;
  const page = await browser.page();
  await page.open(`${origin}/`);
  const url = JSON.stringify(new URL('/chat', terminal.url).href.replace(/^http/, 'ws'));
  const outcome = await page.evaluate(`new Promise((resolve) => {
    const socket = new WebSocket(${url});
    socket.onopen = () => resolve('open');
    socket.onclose = ({ code }) => resolve(code);
  })`);
  assert.equal(outcome, 1006);
  await terminal.prints(new RegExp(`refused with 403: .*${origin}`));
  site.close();
});

await check('two pages with one key, as "Duplicate tab" makes them, lose nothing', async () => {
  const wire = await Faults.before(terminal.url);
  const mara = await Person.come(browser, wire.url, 'Mara', 'twins');
  await mara.says('one');
  await mara.hears(['one']);
  const twin = await mara.duplicate(browser, terminal.url);
  await mara.isTold(/^You are connected in another window\. .*4000/);
  await twin.says('two', 'three', 'four');
  await mara.says('five');
  await mara.page.evaluate(`window.dispatchEvent(new Event('online'))`);
  assert.equal(await mara.shown('#state'), 'not connected');
  assert.equal(await mara.page.evaluate('spy.sockets.length'), 1, 'it does not come back by itself');
  await twin.hears(['one', 'two', 'three', 'four']);
  await mara.now();
  for (const person of [mara, twin]) await person.hears(['one', 'two', 'three', 'four', 'five']);

  // This time she is away when her twin comes.
  wire.cut();
  await mara.isTold(/^Connection lost\. .*1006/);
  await mara.says('eight');
  const other = await mara.duplicate(browser, terminal.url, (me) => { me.unsent = []; me.lastId = me.lastSent; });
  await other.says('six', 'seven');
  await twin.hears(['one', 'two', 'three', 'four', 'five', 'six', 'seven']);
  wire.mend();
  await mara.now();
  const all = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
  for (const person of [mara, twin]) await person.hears(all);
  await other.isTold(/^You are connected in another window\. .*4000/);
  await other.now();
  await other.sees('#state', 'connected');
  await other.hears(all);
  assert.ok(await twin.page.evaluate(`document.querySelector('.note > bdi').textContent === 'Mara'`), 'names are apart in notes');
  wire.stop();
});

await strangers(check, terminal, process.argv[2]);

await check('a gap that the history does not reach over is told', async () => {
  const reader = await Person.come(browser, network.url, 'Noor', 'archive');
  await reader.says('before');
  await reader.hears(['before']);
  network.cut();
  await reader.isTold(/^Connection lost\. .*1006/);
  await chorus(terminal.url, 10, 'archive', 'la');
  network.mend();
  await reader.now();
  await reader.hears(['before', ...Array(200).fill('la')]);
  assert.ok((await reader.notes()).includes('50 messages are missing: the server keeps only the latest.'));
});

await check('a client that does not read is ended, and nobody else notices', async () => {
  const slow = await Robot.enter(terminal.url, 'slowpoke', 'slow');
  slow.socket.pause();
  await chorus(terminal.url, 80, 'slow', '느'.repeat(2000));
  await terminal.prints(/^! slowpoke, in slow: does not read, and too many messages are queued$/);
  // Whether the Close frame still fits into the kernel's buffers, and so counts as sent, is the kernel's choice.
  await terminal.prints(/^- slowpoke, in slow: was disconnected( with 1013: too many messages are queued)?, and did not answer the Close frame$/);
  slow.socket.terminate();
  await minji.says('still here');
  await everybodyHears('still here');
});

await check('quit says goodbye to all with 1001, and exits with 0', async () => {
  assert.deepEqual(await minji.page.evaluate('spy.violations'), []);
  terminal.type('quit');
  await minji.isTold(/^The server is shutting down\. \(“the server is shutting down” — code 1001, clean\)$/);
  assert.deepEqual(await terminal.ended, [0, null]);
  await terminal.prints(/^all connections have ended$/);
});

/** A conversation among friends, as one of them sees it. */
async function picture(file) {
  const terminal = await Terminal.start(process.argv[2]);
  const come = (name, room) => Person.come(browser, terminal.url, name, room);
  const others = [await come('Ada', 'lobby'), await come('Noor', 'lobby'), await come('Linus', 'rust')];
  const friends = {};
  for (const name of ['Jonas', '서연', 'Amélie', '민지']) others.push(friends[name] = await come(name, '주말 등산'));
  const { page } = friends['민지'];
  await page.call('Emulation.setDeviceMetricsOverride', { width: 1000, height: 670, deviceScaleFactor: 1, mobile: false });
  const heard = [];
  for (const [name, text] of [
    ['서연', '토요일에 북한산 어때요? 🏔️'], ['서연', '단풍이 절정이래요 🍁'], ['민지', '좋아요! 몇 시에 만날까요?'],
    ['Jonas', 'Count me in! I’ll bring coffee and pretzels 🥨'], ['Amélie', 'Moi aussi ! Rendez-vous à 9 h ?'],
    ['민지', '9시, 우이역 2번 출구 👍'], ['terminal', 'Maintenance tonight at ten. No message will be lost.'], ['서연', '🎉🎉'],
  ]) {
    name === 'terminal' ? terminal.type(text) : await friends[name].says(text);
    heard.push(text);
    await friends['민지'].hears(heard);
  }
  await friends['민지'].types('김밥은 제가 준비할게요');
  await new Promise((resolve) => setTimeout(resolve, 2500)); // the server passes on that somebody is typing at most once in 2 s
  await friends['Jonas'].types('I can');
  await friends['민지'].sees('#typing', /Jonas/);
  await page.evaluate(`document.querySelectorAll('.note').forEach((note) => note.remove());
    Promise.all(document.getAnimations().map((animation) => animation.finished))`);
  const { data } = await page.call('Page.captureScreenshot', { format: 'png' });
  await writeFile(file, Buffer.from(data, 'base64'));
  for (const { page } of others) await page.call('Page.close');
  terminal.type('quit');
  await terminal.ended;
}

network.stop();
await browser.stop();
console.log(`${passed} passed`);
process.exit();
