import { singleFile, useApp } from './temporary-app';

/** Counts requests the way that OpenTelemetry's HTTP instrumentation sees them. */
const counting = `
const http = require('node:http');
let seen = 0;
const emit = http.Server.prototype.emit;
http.Server.prototype.emit = function (name, ...args) { if (name === 'request') seen++; return emit.call(this, name, ...args); };
app.http('seen', { methods: ['GET'], authLevel: 'anonymous', handler: async () => ({ jsonBody: seen }) });
`;

describe('an app that instruments http servers', () => {
  const buffered = useApp(singleFile(counting));
  const streamed = useApp(singleFile(`app.setup({ enableHttpStream: true });${counting}`));

  test('does not see the host’s own server', async () => {
    await buffered.get('/seen');
    expect(await (await buffered.get('/seen')).json()).toBe(0);
  });

  test('sees the server of the library, once for each request', async () => {
    await streamed.get('/seen');
    expect(await (await streamed.get('/seen')).json()).toBe(2);
  });
});
