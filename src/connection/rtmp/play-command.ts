// The play command of an RTMP peer (RTMP 1.0, 7.2.2.1): from the request, over the question which server has the
// stream, to its end. After that the peer may send the next one.

import type { ViewerEnd } from '../../output/viewer.ts';
import type { PlayRequest } from '../../protocol/rtmp/server-handler.ts';
import type { VhostOptions } from '../vhost.ts';
import { admit, ifOriginAdmits } from './admission.ts';
import { clientFacts, identifiedLine, isServer, markRequest } from './peer-facts.ts';
import { findPlayPlace, type PlayPlace } from './play-place.ts';
import type { RtmpPeer } from './rtmp-peer.ts';
import { RtmpPlayer } from './rtmp-player.ts';

/** A redirected player has so long to leave by itself, ms (SRS: 3 s). */
const REDIRECT_TIMEOUT_MS = 3000;

export class PlayCommand {
  readonly #peer: RtmpPeer;
  #player: RtmpPlayer | undefined;

  constructor(peer: RtmpPeer) {
    this.#peer = peer;
  }

  requested(request: PlayRequest): void {
    const { requestId, url, durationMs } = request;
    const peer = this.#peer;
    peer.log.trace(identifiedLine('rtmp-play', url, durationMs));
    const admission = admit('play', url, peer);
    if (admission.type === 'refused') {
      this.#refuse(requestId, admission.srsCode, admission.status, admission.description);
      return;
    }
    const { vhost } = admission;
    peer.identified(vhost);
    ifOriginAdmits(peer, vhost, {
      admitted: () => this.#find(request, vhost),
      refused: (reason) => {
        const description = `rtmp: check token traverse : ${reason}`;
        this.#refuse(requestId, 3067, 'NetStream.Play.Failed', description);
      },
    });
  }

  #find(request: PlayRequest, vhost: VhostOptions): void {
    const { url } = request;
    const { connect, host } = this.#peer;
    const id = { vhost: vhost.name, app: url.app, stream: url.stream };
    const question = { id, url, isServer: isServer(connect?.args) };
    const place = findPlayPlace(question, host.streams, host.cluster);
    if (place instanceof Promise) void place.then((found) => this.#playAt(found, request, vhost));
    else this.#playAt(place, request, vhost);
  }

  #playAt(place: PlayPlace, request: PlayRequest, vhost: VhostOptions): void {
    const { isClosing, log, session } = this.#peer;
    if (isClosing) return;
    const { requestId, url } = request;
    if (place.type === 'here') {
      this.#start(request, vhost);
    } else if (place.type === 'elsewhere') {
      const { target } = place;
      log.trace(`rtmp: redirect in cluster, from=${url.host}:${url.port}, rurl=${target.url}`);
      session.redirectPlay(requestId, target);
      this.#peer.expectData(REDIRECT_TIMEOUT_MS);
    } else {
      const description = `no origin has the stream ${url.app}/${url.stream}`;
      this.#refuse(requestId, 3091, 'NetStream.Play.StreamNotFound', description);
    }
  }

  #start(request: PlayRequest, vhost: VhostOptions): void {
    const peer = this.#peer;
    const { host, log, session, socket } = peer;
    const { app, stream: name } = request.url;
    const stream = host.streams.fetchOrCreate({ vhost: vhost.name, app, stream: name }, vhost.stream);
    const marks = markRequest(peer.connect?.args);
    if (marks !== undefined) stream.markSegments(marks, Date.now());
    const { mergedWriteMs } = vhost.play;
    log.trace(
      `start play smi=0ms, mw_sleep=${mergedWriteMs}, mw_msgs=0, realtime=${Number(mergedWriteMs === 0)}, tcp_nodelay=${Number(vhost.tcpNodelay)}`,
    );
    const cached = stream.gopCache;
    peer.entry.enter(clientFacts(peer, 'rtmp-play', stream, () => peer.close('kicked off')));
    session.acceptPlay(request.requestId);
    this.#player = new RtmpPlayer({
      request,
      stream,
      vhost,
      sink: socket,
      outputs: host.outputs,
      cluster: host.cluster,
      log,
      counts: host.statistics.counts,
      hasMarks: marks !== undefined,
      onEnd: (reason) => this.#viewerEnded(reason),
      // Players wait without a word, as with SRS. An edge looks for the stream elsewhere meanwhile.
      onUnpublished: isServer(peer.connect?.args)
        ? () => session.notifyUnpublished(stream.id.stream)
        : undefined,
    });
    if (cached.count > 0) log.trace(`dispatch cached gop success. count=${cached.count}`);
  }

  #refuse(requestId: number, srsCode: number, code: string, description: string): void {
    const { host, log, session, remoteAddress } = this.#peer;
    host.statistics.counts.refusedPlays++;
    log.error(`serve error code=${srsCode} : ${description}, ip=${remoteAddress}`);
    session.rejectPlay(requestId, { code, description });
  }

  paused(isPaused: boolean): void {
    this.#player?.setPaused(isPaused);
  }

  /** The peer has ended its play and keeps the connection. */
  ended(): void {
    this.#peer.entry.leave();
    this.close();
    this.#peer.log.trace('play ended, the connection waits for another command');
    this.#peer.awaitCommand();
  }

  #viewerEnded(reason: ViewerEnd): void {
    this.#player = undefined;
    if (reason === 'send-timeout') {
      this.#peer.host.statistics.counts.errors++;
      this.#peer.log.warn('client disconnect peer. ret=1009, writev timeout 30000 ms');
      this.#peer.socket.destroy();
    } else if (reason === 'duration-reached') {
      this.#peer.close('the requested duration was played');
    }
  }

  /** May be called twice. */
  close(): void {
    this.#player?.close();
    this.#player = undefined;
  }
}
