/** The embeddings API, answering at once with vectors that are made beforehand: what is left is our own time. In a process of its own. */
import { createServer } from 'node:http';
import { bodyText } from './body-text';

const DIMENSIONS = 256;
/** Of unit length, some hundred different ones. */
const vectors = Array.from({ length: 101 }, (_, seed) => {
  const vector = Float32Array.from({ length: DIMENSIONS }, (_value, i) => Math.sin((seed + 1) * (i + 1)));
  const length = Math.hypot(...vector);
  return Buffer.from(vector.map((value) => value / length).buffer).toString('base64');
});

const server = createServer((request, response) => {
  void bodyText(request).then((body) => {
    const { input } = JSON.parse(body) as { readonly input: readonly string[] };
    const data = input.map((text, index) => ({ index, embedding: vectors[text.length % vectors.length] }));
    const answer = JSON.stringify({ data, usage: { prompt_tokens: input.length } });
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.once('disconnect', () => process.exit(0));
