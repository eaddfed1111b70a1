import { describe, expect, test } from 'vitest';
import { isPublicIpv4, publicInterfaces } from '../../../../src/stats/host/addresses.ts';
import { HostSampler } from '../../../../src/stats/host/host-sampler.ts';
import {
  parseCpuTimes,
  parseDiskBusyMs,
  parseMemory,
  parseNetworkDevices,
  parsePaging,
  parseSockets,
  totalCpuTime,
} from '../../../../src/stats/host/proc-files.ts';
import { parseSelfStat, SELF_STAT_NUMBERS } from '../../../../src/stats/host/self-stat.ts';

describe('/proc', () => {
  test('self/stat: a name with blanks and parentheses, and no limit', () => {
    const numbers = SELF_STAT_NUMBERS.map((name, i) => (name === 'rsslim' ? '18446744073709551615' : i + 1));
    const stat = parseSelfStat(`4711 (a (b) c) S ${numbers.join(' ')} 0 0 0\n`);
    expect(stat).toMatchObject({ pid: 4711, comm: '(a (b) c)', state: 'S', ppid: 1, rsslim: -1 });
    expect(stat.cguest_time).toBe(41);
  });

  test('self/stat of no Linux is all zeros', () => {
    expect(parseSelfStat('')).toMatchObject({ pid: 0, comm: '', state: '', ppid: 0, cguest_time: 0 });
  });

  test('stat', () => {
    const times = parseCpuTimes('cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 5\n');
    expect(times).toMatchObject({ user: 1, idle: 4, guest: 9 });
    expect(totalCpuTime(times)).toBe(45);
  });

  test('meminfo: SwapCached is not Cached', () => {
    const text = `MemTotal:       24684092 kB
MemFree:        20000000 kB
Buffers:             100 kB
SwapCached:            7 kB
Cached:              200 kB
SwapTotal:             0 kB
SwapFree:              0 kB
`;
    expect(parseMemory(text)).toEqual({
      total: 24684092,
      free: 20000000,
      buffers: 100,
      cached: 200,
      swapTotal: 0,
      swapFree: 0,
    });
  });

  test('net/dev: also when a count touches the colon', () => {
    const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
    lo: 59247152039  1 0 0 0 0 0 0 59105996440 1 0 0 0 0 0 0
  eth0:12 2 0 0 0 0 0 0 34 2 0 0 0 0 0 0
`;
    const devices = parseNetworkDevices(text).filter(({ name }) => name === 'lo' || name === 'eth0');
    expect(devices).toEqual([
      { name: 'lo', receivedBytes: 59247152039, sentBytes: 59105996440 },
      { name: 'eth0', receivedBytes: 12, sentBytes: 34 },
    ]);
  });

  test('vmstat and diskstats', () => {
    expect(parsePaging('nr_free_pages 1\npgpgin 182\npgpgout 373\n')).toEqual({ inKb: 182, outKb: 373 });
    const disks = `   8       0 sda 1 2 3 4 5 6 7 8 0 777 10 0 0
   8       1 sda1 1 2 3 4 5 6 7 8 0 555 10 0 0
`;
    expect(parseDiskBusyMs(disks, ['sda'])).toBe(777);
    expect(parseDiskBusyMs(disks, [])).toBe(0);
  });

  test('sockstat and snmp', () => {
    const sockstat = `sockets: used 300
TCP: inuse 20 orphan 1 tw 170 alloc 39 mem 3
UDP: inuse 2 mem 1
UDPLITE: inuse 0
`;
    const snmp = `Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab
Tcp: 1 200 120000 -1 50 40 3 2 10 999
`;
    expect(parseSockets(sockstat, snmp)).toEqual({ tcp: 209, established: 10, timeWait: 170, udp: 2 });
    expect(parseSockets('', '')).toEqual({ tcp: 0, established: 0, timeWait: 0, udp: 0 });
  });
});

describe('addresses', () => {
  test.each([
    ['8.8.8.8', true],
    ['172.15.0.1', true],
    ['172.32.0.1', true],
    ['10.0.0.1', false],
    ['172.16.0.1', false],
    ['172.31.255.255', false],
    ['192.168.1.1', false],
    ['127.0.0.1', false],
    ['::1', false],
    ['256.1.1.1', false],
  ])('%s public: %s', (address, isPublic) => {
    expect(isPublicIpv4(address)).toBe(isPublic);
  });

  test('an interface is public if one of its addresses is', () => {
    const at = (address: string) =>
      [{ address, family: 'IPv4', netmask: '', mac: '', internal: false, cidr: null }] as never;
    expect(publicInterfaces({ lo: at('127.0.0.1'), eth0: at('8.8.8.8'), eth1: at('10.0.0.1') })).toEqual(
      new Set(['eth0']),
    );
  });
});

test('the sampler finds this process, and `stats.enabled off` leaves all but the CPU alone', () => {
  const sampler = new HostSampler({ isEnabled: true, disks: [] });
  sampler.start();
  sampler.close();
  expect(sampler.sample.usage.sampleTimeMs).toBeGreaterThan(0);
  expect(sampler.sample.usage.usage.maxRSS).toBeGreaterThan(1000);
  expect(sampler.sample.cpus).toBeGreaterThan(0);
  const off = new HostSampler({ isEnabled: false, disks: [] });
  off.start();
  off.close();
  expect(off.sample.cpu.sampleTimeMs).toBeGreaterThan(0);
  expect(off.sample.memory.total).toBe(0);
});
