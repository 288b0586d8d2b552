/**
 * The least that any host of a Node app does for an HTTP request: a bare `node:http` server that takes the request through
 * the programming model of `@azure/functions` and writes what comes back. No routes, keys, log lines, limits or host beside
 * it. What is between this and the bare server is the library's; what is between this and the host is ours.
 */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { readHead, rpcHttpRequest } from '../../local-host/triggers/http/http-request';
import { httpTriggerOf } from '../../local-host/triggers/http/http-options';
import { httpResponse } from '../../local-host/triggers/http/http-response';
import { CoreApi } from '../../local-host/worker/core-api';
import { provideCoreModule } from '../../local-host/worker/core-module';
import { HttpSurprises } from '../../local-host/worker/http-surprises';
import { Invoker } from '../../local-host/worker/invoker';
import { WorkerLog } from '../../local-host/worker/worker-log';

const [entry = ''] = process.argv.slice(2);
const log = new WorkerLog(() => undefined);
const core = new CoreApi(log, '4.0.0');
provideCoreModule(core.module);
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the app finds our core module only when it loads after it
require(entry);
core.seal();
const invoker = new Invoker(core, log, new HttpSurprises(log));
const hello = core.functions.find(({ definition }) => definition.name === 'hello');
const trigger = hello && httpTriggerOf(hello.definition);
if (!hello || !trigger) throw new Error(`${entry} registers no HTTP function 'hello'.`);

http
  .createServer((request, response) => {
    const head = readHead(request.method ?? '', request.url ?? '', request.rawHeaders);
    if (!head) return void response.writeHead(400).end();
    const data = { http: rpcHttpRequest(head, `http://localhost${head.path}`, {}, new Uint8Array()) };
    const id = randomUUID();
    void invoker
      .run(hello, {
        invocationId: id,
        functionId: hello.definition.functionId,
        inputData: [{ name: trigger.name, data }],
      })
      .then((outcome) => {
        if (outcome.error) throw new Error(outcome.error.message);
        const answer = httpResponse(outcome.returnValue);
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(answer.body);
      });
  })
  .listen(0, '127.0.0.1', function (this: http.Server) {
    console.log(`listening on ${(this.address() as AddressInfo).port}`);
  });
