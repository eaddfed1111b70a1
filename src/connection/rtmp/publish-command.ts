// The publish command of an RTMP peer (RTMP 1.0, 7.2.2.6): from the request, over everybody who may refuse it, to its
// end. After that the peer may send the next one.

import type { PublishRequest } from '../../protocol/rtmp/server-handler.ts';
import type { VhostOptions } from '../vhost.ts';
import { admit, ifOriginAdmits } from './admission.ts';
import { clientFacts, identifiedLine } from './peer-facts.ts';
import type { RtmpPeer } from './rtmp-peer.ts';
import { RtmpPublisher } from './rtmp-publisher.ts';

export class PublishCommand {
  readonly #peer: RtmpPeer;
  #publisher: RtmpPublisher | undefined;

  constructor(peer: RtmpPeer) {
    this.#peer = peer;
  }

  /** Takes the media messages; undefined while nothing is published. */
  get publisher(): RtmpPublisher | undefined {
    return this.#publisher;
  }

  requested(request: PublishRequest): void {
    const { requestId, url, kind } = request;
    this.#peer.log.trace(identifiedLine(kind, url, 0));
    const admission = admit('publish', url, this.#peer);
    if (admission.type === 'refused') {
      const { description, status, srsCode } = admission;
      this.#refuse(requestId, description, status, srsCode);
      return;
    }
    const { vhost } = admission;
    ifOriginAdmits(this.#peer, vhost, {
      admitted: () => this.#checkOrigins(request, vhost),
      refused: (reason) => this.#refuse(requestId, reason),
    });
  }

  /** Asks the other origins first, if a stream may be published at one of them only. */
  #checkOrigins(request: PublishRequest, vhost: VhostOptions): void {
    const { requestId, url } = request;
    const id = { vhost: vhost.name, app: url.app, stream: url.stream };
    const { id: connectionId, remoteAddress: ip, connect, host } = this.#peer;
    const check = host.cluster.checkPublish(id, { connectionId, ip, tcUrl: connect?.tcUrl ?? '', url });
    if (check === undefined) {
      this.#start(request, vhost);
      return;
    }
    void check.then((refusal) => {
      if (this.#peer.isClosing) return;
      if (refusal === undefined) this.#start(request, vhost);
      else this.#refuse(requestId, refusal);
    });
  }

  #start({ requestId, url, kind }: PublishRequest, vhost: VhostOptions): void {
    const peer = this.#peer;
    const { host, log } = peer;
    const id = { vhost: vhost.name, app: url.app, stream: url.stream };
    const route = host.cluster.routePublish(id, url, vhost.stream, peer.id);
    const stream = route?.stream ?? host.streams.fetchOrCreate(id, vhost.stream);
    const publisher = new RtmpPublisher({
      stream,
      url,
      publish: vhost.publish,
      grace: route === undefined ? host.grace : undefined,
      identity: host.identity,
      log,
      // Who watches at the other server is not known here.
      viewerCount: () => (route === undefined ? host.outputs.viewerCount(stream) : 1),
      onStop: (reason, code) => this.#stopped(reason, code),
    });
    if (!publisher.start()) {
      this.#refuse(requestId, `stream ${stream.url} is busy: somebody else is publishing it`);
      return;
    }
    this.#publisher = publisher;
    peer.identified(vhost);
    peer.entry.enter(clientFacts(peer, kind, stream, () => this.#kickOff()));
    if (route === undefined) {
      this.#accept(requestId, vhost);
      return;
    }
    route.start({
      accepted: () => this.#accept(requestId, vhost),
      refused: ({ code, description }) => this.#refuse(requestId, description, code),
      lost: (reason) => peer.fail(1007, reason),
    });
  }

  #accept(requestId: number, { publish, tcpNodelay }: VhostOptions): void {
    const { isClosing, log, session, reader } = this.#peer;
    if (isClosing) return;
    const { firstPacketTimeoutMs, normalTimeoutMs, mergedReadMs } = publish;
    const mr = mergedReadMs === undefined ? '0/350' : `1/${mergedReadMs}`;
    log.trace(
      `start publish mr=${mr}, p1stpt=${firstPacketTimeoutMs}, pnt=${normalTimeoutMs}, tcp_nodelay=${Number(tcpNodelay)}`,
    );
    session.acceptPublish(requestId);
    reader.setSlice(mergedReadMs ?? 0);
  }

  #refuse(requestId: number, description: string, code = '', srsCode = 1028): void {
    const { host, log, session, remoteAddress } = this.#peer;
    host.statistics.counts.refusedPublishes++;
    log.error(`serve error code=${srsCode} : ${description}, ip=${remoteAddress}`);
    session.rejectPublish(requestId, code === '' ? { description } : { code, description });
  }

  /** The settings of the vhost have changed. */
  configure({ publish }: VhostOptions): void {
    if (this.#publisher === undefined) return;
    this.#publisher.configure(publish);
    this.#peer.reader.setSlice(publish.mergedReadMs ?? 0);
  }

  /** The peer has ended its publish and keeps the connection. */
  ended(): void {
    const { reader, entry, log } = this.#peer;
    reader.setSlice(0);
    entry.leave();
    this.close();
    log.trace('publish ended, the connection waits for another command');
    this.#peer.awaitCommand();
  }

  #stopped(reason: string, code: string | undefined): void {
    if (code !== undefined) this.#peer.session.stopPublish({ code, description: reason });
    this.#peer.fail(1011, reason);
  }

  #kickOff(): void {
    this.#publisher?.forbidReturn();
    this.#peer.close('kicked off');
  }

  /** May be called twice. */
  close(): void {
    this.#publisher?.close();
    this.#publisher = undefined;
  }
}
