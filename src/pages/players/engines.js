// Two libraries behind one face: mpegts.js for FLV over HTTP and WebSocket, hls.js for HLS (or the browser itself
// where it plays HLS and hls.js cannot work, as on iPhones).

/**
 * @typedef {object} Engine
 * @property {() => { videoCodec?: string, audioCodec?: string, kbps?: number, latencySec?: number }} facts
 * @property {() => void} close
 */

/** How far an FLV player may fall behind before it catches up, s. */
const MAX_LATENCY_SEC = 3;
const WANTED_LATENCY_SEC = 0.8;

/**
 * Starts to play `url` in `video`.
 * @param {(reason: string) => void} onEnd called once, when nothing more comes
 * @returns {Promise<Engine | undefined>} undefined if the browser cannot play the format
 */
export async function play(format, url, video, onEnd) {
  return format === 'hls' ? playHls(url, video, onEnd) : playFlv(url, video, onEnd);
}

function playFlv(url, video, onEnd) {
  const { mpegts } = globalThis;
  if (!mpegts?.isSupported()) return undefined;
  mpegts.LoggingControl.enableAll = false;
  const player = mpegts.createPlayer(
    { type: 'flv', isLive: true, url, cors: true },
    {
      enableStashBuffer: false,
      liveBufferLatencyChasing: true,
      liveBufferLatencyMaxLatency: MAX_LATENCY_SEC,
      liveBufferLatencyMinRemain: WANTED_LATENCY_SEC,
      autoCleanupSourceBuffer: true,
    },
  );
  let info = {};
  let kbps;
  player.on(mpegts.Events.MEDIA_INFO, (mediaInfo) => {
    info = mediaInfo;
  });
  player.on(mpegts.Events.STATISTICS_INFO, ({ speed }) => {
    kbps = speed * 8.192;
  });
  player.on(mpegts.Events.ERROR, (type, detail) => onEnd(`${type} ${detail}`));
  player.on(mpegts.Events.LOADING_COMPLETE, () => onEnd('end'));
  player.attachMediaElement(video);
  player.load();
  return {
    facts: () => ({ videoCodec: info.videoCodec, audioCodec: info.audioCodec, kbps }),
    close: () => player.destroy(),
  };
}

async function playHls(url, video, onEnd) {
  const { default: Hls } = await import('../assets/hls.js');
  if (!Hls.isSupported()) return playHlsNatively(url, video, onEnd);
  const hls = new Hls({ liveDurationInfinity: true });
  let kbps;
  let level = {};
  hls.on(Hls.Events.FRAG_LOADED, (_event, { frag }) => {
    if (frag.duration > 0) kbps = (frag.stats.loaded * 8) / 1000 / frag.duration;
  });
  hls.on(Hls.Events.BUFFER_CODECS, (_event, tracks) => {
    level = { videoCodec: tracks.video?.codec, audioCodec: tracks.audio?.codec };
  });
  hls.on(Hls.Events.ERROR, (_event, { fatal, details }) => {
    if (fatal) onEnd(details);
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return {
    facts: () => ({ ...level, kbps, latencySec: hls.latency || undefined }),
    close: () => hls.destroy(),
  };
}

function playHlsNatively(url, video, onEnd) {
  if (video.canPlayType('application/vnd.apple.mpegurl') === '') return undefined;
  const failed = () => onEnd(video.error?.message ?? 'error');
  video.addEventListener('error', failed);
  video.src = url;
  return {
    facts: () => ({}),
    close: () => {
      video.removeEventListener('error', failed);
      video.removeAttribute('src');
      video.load();
    },
  };
}
