// What client.mjs and page.html check of compression alike.

/** What an agreement says of both ends: whether messages may refer to earlier ones, and how far back, in bits. */
export function terms(agreement) {
  const [name, ...parameters] = agreement.split(';').map((part) => part.trim());
  if (name !== 'permessage-deflate') throw new Error(`"${agreement}" is no agreement on permessage-deflate`);
  const end = (role) => ({
    takeover: !parameters.includes(`${role}_no_context_takeover`),
    bits: Number(parameters.find((it) => it.startsWith(`${role}_max_window_bits=`))?.split('=')[1] ?? 15),
  });
  return { client: end('client'), server: end('server') };
}

/** What a server that usually comes to the agreement `usual` must come to if a client asks for more. */
export function merge(usual, asked) {
  const end = (role) => ({
    takeover: usual[role].takeover && asked[role].takeover,
    bits: Math.min(usual[role].bits, asked[role].bits),
  });
  return { client: end('client'), server: end('server') };
}

/** As many bytes of JSON, with other numbers for each seed. */
export function sample(size, seed) {
  let text = '';
  for (let number = seed; text.length < size;) {
    number = (number * 16807) % 2147483647;
    text += `{"number":${number}}\n`;
  }
  return text.slice(0, size);
}

/**
 * Shows by the bytes on the wire that both ends compress, and what they refer to: a message that comes a second time takes
 * almost nothing if, and only if, the first one can be referred to.
 *
 * `echo(message)` sends a message and awaits the same; `wire()` gives the bytes so far to the server and to the client.
 */
export async function countBytes({ client, server }, echo, wire) {
  const cost = async (message) => {
    const before = await wire();
    await echo(message);
    const after = await wire();
    return after.map((bytes, i) => bytes - before[i]);
  };
  let seed = 0;
  for (const size of [500, 5000]) {
    for (const encode of [String, (text) => new TextEncoder().encode(text)]) {
      const message = encode(sample(size, ++seed));
      const [first, again] = [await cost(message), await cost(message)];
      for (const [i, [role, { takeover, bits }]] of Object.entries({ client, server }).entries()) {
        const what = `the ${role} sent ${size} bytes in ${first[i]}, and in ${again[i]} the second time`;
        if (!(first[i] < 0.8 * size)) throw new Error(`${what}: that is not compressed`);
        const refers = takeover && size + 300 < 2 ** bits; // zlib does not use the whole window
        if (refers !== again[i] < first[i] / 4) throw new Error(`${what}, with ${takeover ? bits : 'no context takeover'}`);
      }
    }
  }
}
