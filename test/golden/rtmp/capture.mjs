// Records what one RTMP client sends: node capture.mjs LISTEN_PORT TARGET_PORT FILE [server]
// Relays one connection to 127.0.0.1:TARGET_PORT and writes the client's bytes (with `server`: the server's) to FILE.

import { createWriteStream } from 'node:fs';
import { connect, createServer } from 'node:net';

const [listenPort, targetPort, path, side = 'client'] = process.argv.slice(2);
const file = createWriteStream(path);

const server = createServer((client) => {
  server.close();
  const target = connect(Number(targetPort), '127.0.0.1');
  client.pipe(target);
  target.pipe(client);
  (side === 'server' ? target : client).on('data', (bytes) => file.write(bytes));
  for (const [socket, other] of [
    [client, target],
    [target, client],
  ]) {
    socket.on('error', () => other.destroy());
    socket.on('close', () => other.destroy());
  }
  client.on('close', () => file.end());
}).listen(Number(listenPort), '127.0.0.1');
