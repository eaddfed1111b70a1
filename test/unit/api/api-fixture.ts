// The API on a fastify instance without a port, over a hub and statistics that a test fills.

import Fastify, { type FastifyInstance } from 'fastify';
import type { ApiContext } from '../../../src/api/api-context.ts';
import { mountApi, mountRootListing } from '../../../src/api/api-server.ts';
import { isOwnStream } from '../../../src/cluster/origin/cluster-answer.ts';
import { ConnectionRegistry } from '../../../src/connection/connection-registry.ts';
import { ReloadState } from '../../../src/lifecycle/reload-state.ts';
import { parseAudioTag } from '../../../src/media/audio-tag.ts';
import { parseVideoTag } from '../../../src/media/video-tag.ts';
import type { ClientFacts, ClientStatistics } from '../../../src/stats/client-statistics.ts';
import { HostSampler } from '../../../src/stats/host/host-sampler.ts';
import { Statistics } from '../../../src/stats/statistics.ts';
import type { Publication } from '../../../src/stream/stream.ts';
import { streamUrl } from '../../../src/stream/stream-id.ts';
import { StreamRegistry } from '../../../src/stream/stream-registry.ts';
import { silentLogger } from '../../helpers/silent-logger.ts';
import { streamOptions } from '../../helpers/stream-options.ts';
import { configOf, withListen } from '../config/load-text.ts';

/** H.264 High 3.1, 1920x1080; AAC LC, 44100 Hz, stereo. */
const AVC_HEADER =
  '17000000000164001fffe1001a6764002aace8078044fde022000003000200000300643e2c5d4001000468de0fcbfdf8f800';
const AAC_HEADER = 'af001210';

export class ApiFixture {
  nowMs = 1000;
  kicked: string[] = [];
  reloads = 0;
  readonly reloadState = new ReloadState(0);
  readonly streams = new StreamRegistry();
  readonly statistics: Statistics;
  readonly context: ApiContext;
  readonly fastify: FastifyInstance = Fastify();
  #ids = 0;

  constructor(conf = '') {
    const config = configOf(
      withListen(conf.includes('vhost ') ? conf : `${conf} vhost __defaultVhost__ { }`),
    );
    this.statistics = new Statistics({
      live: this.streams,
      newId: () => `vid-${String(this.#ids++).padStart(7, '0')}`,
      now: () => this.nowMs,
    });
    this.context = {
      identity: { server: () => 'vid-server1', service: 'service1', pid: '4711', version: '4.0.271' },
      config: () => config,
      statistics: this.statistics,
      streams: this.streams,
      answerOwner: (id) => (isOwnStream(this.streams.find(id)) ? {} : undefined),
      connections: new ConnectionRegistry(1000),
      host: new HostSampler({ isEnabled: true, disks: [] }).sample,
      reload: {
        state: this.reloadState,
        request: () => {
          this.reloads++;
        },
      },
      log: silentLogger,
    };
    mountApi(this.fastify, this.context);
    mountRootListing(this.fastify, this.context);
  }

  /** Somebody publishes `/live/NAME`, by default with a sequence header of each track. */
  publish(name: string, id: string, headers = [AVC_HEADER, AAC_HEADER]): Publication {
    const streamId = { vhost: '__defaultVhost__', app: 'live', stream: name };
    const stream = this.streams.fetchOrCreate(streamId, streamOptions());
    const publication = stream.publish({ stop: () => {} }) as Publication;
    this.client(id, { ...streamId, type: 'fmle-publish', isPublisher: true });
    const [video, audio] = headers;
    if (video !== undefined) this.video(publication, video);
    if (audio !== undefined) this.audio(publication, audio);
    return publication;
  }

  video(publication: Publication, hex: string): void {
    const payload = Buffer.from(hex, 'hex');
    const tag = parseVideoTag(payload);
    if (tag.type === 'dropped') throw new Error(tag.reason);
    const { codec, isKeyFrame, isSequenceHeader } = tag;
    publication.message({ track: 'video', timestampMs: 0, codec, isKeyFrame, isSequenceHeader, payload });
  }

  audio(publication: Publication, hex: string): void {
    const payload = Buffer.from(hex, 'hex');
    const tag = parseAudioTag(payload);
    if (tag.type === 'dropped') throw new Error(tag.reason);
    const { codec, isSequenceHeader } = tag;
    publication.message({
      track: 'audio',
      timestampMs: 0,
      codec,
      isKeyFrame: false,
      isSequenceHeader,
      payload,
    });
  }

  client(
    id: string,
    change: Partial<ClientFacts> = {},
    socket?: { bytesRead: number; bytesWritten: number },
  ) {
    const name = { vhost: '__defaultVhost__', app: 'live', stream: 'livestream' };
    const facts: ClientFacts = {
      id,
      type: 'rtmp-play',
      isPublisher: false,
      ip: '127.0.0.1',
      tcUrl: 'rtmp://127.0.0.1:1935/live',
      pageUrl: 'http://page/a.html',
      swfUrl: 'http://x/p.swf',
      ...name,
      ...change,
      url: streamUrl({ ...name, ...change }),
      kickOff: () => {
        this.kicked.push(id);
      },
    };
    const client: ClientStatistics = this.statistics.addClient(facts, socket);
    return client;
  }

  async get(url: string, method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' = 'GET') {
    return this.fastify.inject({ method, url, headers: { host: 'srs.example.com:1985' } });
  }

  async text(url: string): Promise<string> {
    return (await this.get(url)).body;
  }
}
