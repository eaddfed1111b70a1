import { beforeEach, describe, expect, test } from 'vitest';
import type { ClientFacts } from '../../../src/stats/client-statistics.ts';
import { type LiveStream, Statistics } from '../../../src/stats/statistics.ts';

let nowMs: number;
let live: LiveStream[];
let statistics: Statistics;
let ids: number;

beforeEach(() => {
  nowMs = 1000;
  live = [];
  ids = 0;
  statistics = new Statistics({
    live: { values: () => live },
    newId: () => `vid-${ids++}`,
    now: () => nowMs,
  });
});

function facts(id: string, change: Partial<ClientFacts> = {}): ClientFacts {
  return {
    id,
    type: 'rtmp-play',
    isPublisher: false,
    ip: '127.0.0.1',
    tcUrl: 'rtmp://host/live',
    pageUrl: '',
    swfUrl: '',
    vhost: '__defaultVhost__',
    app: 'live',
    stream: 's',
    url: '/live/s',
    kickOff: () => {},
    ...change,
  };
}

function published(stream = 's', videoMessages = 0, isPublishing = true): LiveStream {
  const id = { vhost: '__defaultVhost__', app: 'live', stream };
  return { id, url: `/live/${stream}`, isPublishing, videoMessages };
}

describe('who is there', () => {
  test('clients count once in their stream and its vhost, and leave together with it', () => {
    const publisher = statistics.addClient(facts('p', { type: 'fmle-publish', isPublisher: true }));
    const player = statistics.addClient(facts('v'));
    expect(statistics.streams).toHaveLength(1);
    expect(player.stream).toBe(publisher.stream);
    expect(player.stream).toMatchObject({ clients: 2, publisherId: 'p', tcUrl: 'rtmp://host/live' });
    expect(player.stream.vhost.clients).toBe(2);
    statistics.removeClient(publisher);
    statistics.removeClient(publisher);
    statistics.update();
    expect(statistics.streams[0]).toMatchObject({ clients: 1, publisherId: 'p', isPublishing: false });
    statistics.removeClient(player);
    statistics.update();
    expect(statistics.streams).toEqual([]);
    expect(statistics.vhosts).toMatchObject([{ name: '__defaultVhost__', clients: 0 }]);
    expect(statistics.clientsTotal).toBe(2);
  });

  test('a stream that an edge pulls is there without clients, until it ends', () => {
    live = [published('pulled')];
    statistics.update();
    expect(statistics.streams).toMatchObject([{ name: 'pulled', clients: 0, isPublishing: true, tcUrl: '' }]);
    live = [];
    statistics.update();
    expect(statistics.streams).toEqual([]);
  });

  test('a connection that plays again is counted once more, not twice', () => {
    const traffic = statistics.newTraffic();
    const socket = { bytesRead: 10, bytesWritten: 100 };
    statistics.removeClient(statistics.addClient(facts('c'), socket, traffic));
    socket.bytesWritten = 150;
    const again = statistics.addClient(facts('c', { stream: 't', url: '/live/t' }), socket, traffic);
    statistics.update();
    expect(again.traffic.sentBytes).toBe(150);
    expect(again.stream.traffic.sentBytes).toBe(50);
    expect(statistics.traffic.sentBytes).toBe(150);
    expect(again.stream.vhost).toMatchObject({ clients: 1 });
  });
});

describe('what is counted', () => {
  test('bytes of sockets flow up to stream, vhost and server, also the last ones', () => {
    const socket = { bytesRead: 5, bytesWritten: 1000 };
    const client = statistics.addClient(facts('v'), socket);
    statistics.update();
    expect(client.stream.traffic.sentBytes).toBe(1000);
    socket.bytesWritten = 3000;
    statistics.removeClient(client);
    expect(client.stream.vhost.traffic.sentBytes).toBe(3000);
    expect(statistics.traffic.receivedBytes).toBe(5);
  });

  test('sockets are asked at most twice a second, however often somebody looks', () => {
    let asked = 0;
    const socket = {
      get bytesRead() {
        asked++;
        return 0;
      },
      bytesWritten: 0,
    };
    statistics.addClient(facts('v'), socket);
    for (let i = 0; i < 100; i++) statistics.update();
    expect(asked).toBe(1);
    nowMs += 500;
    statistics.update();
    expect(asked).toBe(2);
  });

  test('rates over 30 s, of the client and of what it belongs to', () => {
    const socket = { bytesRead: 0, bytesWritten: 0 };
    const client = statistics.addClient(facts('v'), socket);
    for (let tick = 0; tick < 10; tick++) {
      nowMs += 3000;
      socket.bytesWritten += 3000 * 125;
      statistics.sample();
    }
    const { stream } = client;
    const rates = [client.traffic, stream.traffic, stream.vhost.traffic, statistics.traffic].map(
      ({ sent }) => sent.last30SecKbps,
    );
    expect(rates).toEqual([1000, 1000, 1000, 1000]);
  });

  test('frames go on over a re-publish, even if the hub starts its stream anew', () => {
    statistics.addClient(facts('v'));
    live = [published('s', 100)];
    statistics.update();
    live = [published('s', 130)];
    statistics.update();
    live = [published('s', 7)];
    statistics.update();
    expect(statistics.streams[0]?.frames).toBe(137);
  });
});
