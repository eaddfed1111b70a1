// The address of a ClusterIP Service: a container that passes the Service's ports on to a name, and no others.

import { podman } from './podman.ts';

const program = `
const { connect, createServer } = require('node:net');
const { pipeline } = require('node:stream');
const [target, ...ports] = process.argv.slice(1);
for (const port of ports) {
  createServer((client) => {
    const server = connect(Number(port), target);
    const end = () => { client.destroy(); server.destroy(); };
    pipeline(client, server, end);
    pipeline(server, client, end);
  }).listen(Number(port));
}
`;

/** Returns the container's id. */
export async function startServiceProxy(
  network: string,
  name: string,
  target: string,
  ports: readonly { readonly port: number }[],
): Promise<string> {
  const how = ['run', '--detach', '--no-healthcheck', '--network', `${network}:alias=${name}`];
  const numbers = ports.map(({ port }) => String(port));
  return podman([...how, 'localhost/tsrs', 'node', '-e', program, '--', target, ...numbers]);
}
