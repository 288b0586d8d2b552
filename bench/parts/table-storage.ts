/** Table storage for the orders bench. A process of its own. */
import http from 'node:http';
import { answerTables } from './stub-tables';

const server = http.createServer((request, response) => {
  void answerTables(request, response, (request.url ?? '').replace(/^\/devstoreaccount1\//, ''));
});

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.once('disconnect', () => process.exit(0));
