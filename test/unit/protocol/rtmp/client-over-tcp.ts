// Our RtmpClientSession on a socket, for tests against real servers (test/peer): publish some tags, or play for a while.

import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { RtmpClientSession } from '../../../../src/protocol/rtmp/client-session.ts';
import { splitRtmpUrl } from '../../../../src/protocol/rtmp/url.ts';

export interface ClientTag {
  readonly typeId: 8 | 9 | 18;
  readonly timestamp: number;
  readonly payload: Buffer;
}

export interface ClientRun {
  /** What was received, copied. */
  readonly tags: ClientTag[];
  /** `connected`, `started`, `refused CODE`, `redirected URL`, status codes: in order. */
  readonly events: string[];
}

interface Dialled {
  readonly socket: Socket;
  readonly session: RtmpClientSession;
  readonly run: ClientRun;
  /** Resolves when the socket is closed, rejects if the server broke the protocol. */
  readonly closed: Promise<void>;
  readonly started: Promise<void>;
}

/** Publishes the tags at their own pace to `rtmp://127.0.0.1:port/app/stream`, and leaves in good order. */
export async function publishOverTcp(url: string, tags: readonly ClientTag[]): Promise<ClientRun> {
  const { socket, session, run, closed, started } = dial(url, 'publish');
  await Promise.race([started, closed]);
  const startMs = performance.now();
  for (const { typeId, timestamp, payload } of tags) {
    const waitMs = timestamp - (tags[0]?.timestamp ?? 0) - (performance.now() - startMs);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (socket.destroyed) break;
    session.sendMedia(typeId, timestamp, payload);
  }
  session.stop();
  socket.end();
  await closed;
  return run;
}

/** Plays for `durationMs`, or until the server closes. */
export async function playOverTcp(url: string, durationMs: number): Promise<ClientRun> {
  const { socket, session, run, closed } = dial(url, 'play');
  const timer = setTimeout(() => {
    session.stop();
    socket.end();
  }, durationMs);
  await closed;
  clearTimeout(timer);
  return run;
}

function dial(url: string, role: 'publish' | 'play'): Dialled {
  const { tcUrl, stream } = splitRtmpUrl(url);
  const { hostname, port, pathname } = new URL(tcUrl);
  const socket = connect(Number(port || 1935), hostname);
  const run: ClientRun = { tags: [], events: [] };
  let onStarted = (): void => {};
  const started = new Promise<void>((resolve) => {
    onStarted = resolve;
  });
  const app = pathname.slice(1);
  const session = new RtmpClientSession(
    { role, tcUrl, app, stream, chunkSize: 60_000, randomBytes },
    {
      output: (bytes) => socket.write(bytes),
      connected: () => run.events.push('connected'),
      started: () => {
        run.events.push('started');
        onStarted();
      },
      media: ({ typeId, timestamp, payload }) =>
        run.tags.push({ typeId, timestamp, payload: Buffer.from(payload) }),
      statusReceived: ({ code }) => run.events.push(code),
      refused: ({ code }) => {
        run.events.push(`refused ${code}`);
        socket.end();
      },
      redirected: (target) => {
        run.events.push(`redirected ${target.url}`);
        socket.end();
      },
      notice: () => {},
    },
  );
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('connect', () => session.start(Date.now()));
    socket.on('data', (bytes) => {
      try {
        session.receive(bytes);
      } catch (error) {
        socket.destroy();
        reject(error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
  return { socket, session, run, closed, started };
}
