// Hosts of their own: each a network namespace with an address, all on one bridge, so that a test can cut a host off or
// make its line slow. The test itself runs in a namespace that has nothing else (npm run test:network): whatever
// happens, nothing is left on the machine when its processes have ended.
//
//   test 10.99.0.1 --+
//   host 10.99.0.2 --+-- bridge
//   host 10.99.0.3 --+

import { Child, run } from '../helpers/child.ts';
import { type ServerOptions, TestServer } from '../helpers/server.ts';
import { debianProgram } from '../peer/debian.ts';

const SUBNET = '10.99.0';
const BRIDGE = 'hosts';
/** The bridge's end of a host's line. */
const HOST_LINK = /^host\d+$/;

let nextHost = 2;
let bridge: Promise<void> | undefined;

async function succeed(file: string, ...args: readonly string[]): Promise<Child> {
  const child = await run(file, args);
  if (child.status?.code !== 0) throw new Error(child.describe());
  return child;
}

const ip = (...args: readonly string[]) => succeed(debianProgram('ip', 'iproute2'), ...args);

/** Test files run one after the other: the second one finds the bridge of the first, and perhaps hosts that a failed test left. */
async function layBridge(): Promise<void> {
  const { stdout } = await ip('-o', 'link');
  const names = [...stdout.matchAll(/^\d+: ([^:@]+)/gm)].map((match) => match[1] ?? '');
  if (names.some((name) => name !== 'lo' && name !== BRIDGE && !HOST_LINK.test(name))) {
    throw new Error(
      `this process sees the network of the machine (${names.join(', ')}): run \`npm run test:network\` as root, ` +
        'which gives it a network namespace of its own',
    );
  }
  for (const name of names.filter((one) => HOST_LINK.test(one))) await ip('link', 'delete', name);
  if (names.includes(BRIDGE)) return;
  await ip('link', 'set', 'lo', 'up');
  await ip('link', 'add', BRIDGE, 'type', 'bridge');
  await ip('address', 'add', `${SUBNET}.1/24`, 'dev', BRIDGE);
  await ip('link', 'set', BRIDGE, 'up');
}

export class VirtualHost {
  readonly address: string;
  /** Lives in the namespace and holds it. */
  readonly #holder: Child;
  readonly #link: string;

  private constructor(holder: Child, address: string, link: string) {
    this.#holder = holder;
    this.address = address;
    this.#link = link;
  }

  static async create(): Promise<VirtualHost> {
    bridge ??= layBridge();
    await bridge;
    const number = nextHost++;
    const address = `${SUBNET}.${number}`;
    const link = `host${number}`;
    const holder = new Child('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep 600'], {
      lifetimeMs: 600_000,
    });
    await holder.waitForOutput(/ready/);
    const host = new VirtualHost(holder, address, link);
    await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(holder.pid));
    await ip('link', 'set', link, 'master', BRIDGE, 'up');
    await host.#within('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
    for (const device of ['eth0', 'lo']) await host.#within('ip', 'link', 'set', device, 'up');
    return host;
  }

  /** A server on this host; it listens at the host's address. */
  async server(options: ServerOptions = {}): Promise<TestServer> {
    const enter = `exec nsenter --net=/proc/${this.#holder.pid}/ns/net "$0" "$@";`;
    return TestServer.start({ ...options, host: this.address, prelude: enter });
  }

  /** From now on every packet to and from the host is lost: no FIN, no RST, no ICMP. */
  async vanish(): Promise<void> {
    await this.#iptables('-I', 'INPUT', '-j', 'DROP');
    await this.#iptables('-I', 'OUTPUT', '-j', 'DROP');
  }

  async reappear(): Promise<void> {
    await this.#iptables('-F');
  }

  /** What the host sends comes at this rate, behind a queue of up to `queueMs`; of what it gets a part is lost. */
  async slowDown({
    rateKbps,
    queueMs,
    loss,
  }: {
    rateKbps: number;
    queueMs: number;
    loss: number;
  }): Promise<void> {
    const shape = ['tbf', 'rate', `${rateKbps}kbit`, 'burst', '16kbit', 'latency', `${queueMs}ms`];
    await this.#within('tc', 'qdisc', 'replace', 'dev', 'eth0', 'root', ...shape);
    // Both ways: lost data and lost acknowledgements.
    for (const chain of ['INPUT', 'OUTPUT']) {
      const dice = ['-m', 'statistic', '--mode', 'random', '--probability', String(loss)];
      await this.#iptables('-A', chain, '-p', 'tcp', ...dice, '-j', 'DROP');
    }
  }

  /** With all that runs on it. */
  async remove(): Promise<void> {
    await ip('link', 'delete', this.#link);
    await this.#holder.destroy();
  }

  #iptables(...args: readonly string[]): Promise<Child> {
    return this.#within(debianProgram('iptables', 'iptables'), ...args);
  }

  #within(...command: readonly string[]): Promise<Child> {
    return succeed('nsenter', `--net=/proc/${this.#holder.pid}/ns/net`, ...command);
  }
}
