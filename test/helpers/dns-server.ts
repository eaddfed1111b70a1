// A name server with the records of the test: A and SRV over UDP, as RFC 1035 and RFC 2782 have them.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface SrvTarget {
  readonly host: string;
  readonly port: number;
  readonly priority?: number;
}

const TYPE_A = 1;
const TYPE_SRV = 33;
const RCODE_SERVER_FAILURE = 2;
const RCODE_NO_SUCH_NAME = 3;

export class DnsServer {
  readonly #socket: Socket;
  /** May be changed at any time. */
  addresses: Record<string, readonly string[]> = {};
  services: Record<string, readonly SrvTarget[]> = {};
  /** Answers with a failure, whatever it is asked. */
  isFailing = false;
  /** Questions so far. */
  questions = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { address, port }) => {
      this.questions++;
      socket.send(this.#answer(query), port, address);
    });
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket);
  }

  /** For the directive `resolver`. */
  get endpoint(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer {
    const { name, end } = readName(query, 12);
    const question = query.subarray(12, end + 4);
    const records = this.#records(name.toLowerCase(), query.readUInt16BE(end));
    const isKnown = records !== undefined;
    const rcode = this.isFailing ? RCODE_SERVER_FAILURE : isKnown ? 0 : RCODE_NO_SUCH_NAME;
    const answers = this.isFailing || !isKnown ? [] : records;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | rcode, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    return Buffer.concat([header, question, ...answers]);
  }

  /** undefined if there is no such name; empty if it has no records of this type. */
  #records(name: string, type: number): readonly Buffer[] | undefined {
    const addresses = this.addresses[name];
    const services = this.services[name];
    if (addresses === undefined && services === undefined) return undefined;
    if (type === TYPE_A) return (addresses ?? []).map((address) => record(TYPE_A, ipv4(address)));
    if (type === TYPE_SRV) return (services ?? []).map((target) => record(TYPE_SRV, srv(target)));
    return [];
  }
}

function readName(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

/** About the name of the question, which stands at byte 12. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(30, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function srv({ host, port, priority = 0 }: SrvTarget): Buffer {
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(priority, 0);
  numbers.writeUInt16BE(port, 4);
  const labels = host
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([numbers, ...labels, Buffer.from([0])]);
}
