// All words of the pages, in English and Chinese.

const EN = {
  console: 'Console',
  player: 'Player',
  overview: 'Overview',
  streams: 'Streams',
  hls: 'HLS',
  clients: 'Clients',
  vhosts: 'Vhosts',
  server: 'Server',
  connecting: 'Connecting to the HTTP API…',
  unreachable: 'The HTTP API does not answer',
  unreachableHint: 'It needs http_api { enabled on; } in srs.conf. Where is it?',
  connect: 'Connect',
  apiAddress: 'Address of the HTTP API',
  loginNeeded: 'The HTTP API asks for a user name and a password.',
  user: 'User name',
  password: 'Password',
  login: 'Log in',
  published: 'Published streams',
  players: 'Players',
  received: 'Received',
  sent: 'Sent',
  cpu: 'CPU',
  memory: 'Memory',
  uptime: 'Uptime',
  version: 'Version',
  serverId: 'Server id',
  process: 'Process',
  load: 'Load',
  connections: 'Connections',
  bitrate: 'Bitrate, last 5 minutes',
  noStreams: 'Nobody publishes or plays.',
  noClients: 'No clients.',
  noVhosts: 'No vhost has had a client yet.',
  publishHint: 'Publish one:',
  name: 'Name',
  state: 'State',
  live: 'live',
  idle: 'waiting',
  video: 'Video',
  audio: 'Audio',
  frameRate: 'fps',
  viewers: 'Viewers',
  type: 'Type',
  address: 'Address',
  stream: 'Stream',
  since: 'For',
  page: 'Page',
  play: 'Play',
  kick: 'Kick off',
  kickQuestion: 'Kick off this client?',
  kickHint: 'Its connection is closed. It may come back.',
  kicked: 'Kicked off',
  failed: 'Failed',
  cancel: 'Cancel',
  back: 'Back',
  search: 'Search',
  newer: 'Previous',
  older: 'Next',
  enabled: 'enabled',
  disabled: 'disabled',
  lastReload: 'Last reload',
  neverReloaded: 'Not reloaded since the start.',
  reloadOk: 'Successful',
  reloadFailed: 'Failed: the server runs on the configuration before it',
  reloadRunning: 'Running…',
  reloadNow: 'Reload now',
  reloadUnknown: 'This server does not tell.',
  gone: 'It is gone.',
  theme: 'Dark or light',
  language: '中文',
  playing: 'playing',
  loading: 'loading',
  stalled: 'stalled',
  paused: 'paused',
  stopped: 'stopped',
  ended: 'The stream has ended. Trying again…',
  retrying: 'No stream yet, or it was interrupted. Trying again…',
  unsupported: 'This browser cannot play this format.',
  stop: 'Stop',
  format: 'Format',
  url: 'URL',
  codec: 'Codec',
  resolution: 'Resolution',
  latency: 'Behind live',
  buffer: 'Buffer',
  stalls: 'Stalls',
  dropped: 'Dropped frames',
  time: 'Played',
  copy: 'Copy',
  copied: 'Copied',
};

const ZH = {
  console: '控制台',
  player: '播放器',
  overview: '概览',
  streams: '流',
  hls: 'HLS',
  clients: '客户端',
  vhosts: '虚拟主机',
  server: '服务器',
  connecting: '正在连接 HTTP API…',
  unreachable: 'HTTP API 没有应答',
  unreachableHint: '需要在 srs.conf 中开启 http_api { enabled on; }。API 的地址是？',
  connect: '连接',
  apiAddress: 'HTTP API 地址',
  loginNeeded: 'HTTP API 需要用户名和密码。',
  user: '用户名',
  password: '密码',
  login: '登录',
  published: '推流数',
  players: '播放数',
  received: '接收',
  sent: '发送',
  cpu: 'CPU',
  memory: '内存',
  uptime: '运行时间',
  version: '版本',
  serverId: '服务器 ID',
  process: '进程',
  load: '负载',
  connections: '连接数',
  bitrate: '码率（最近 5 分钟）',
  noStreams: '当前没有推流，也没有播放。',
  noClients: '没有客户端。',
  noVhosts: '还没有虚拟主机有过客户端。',
  publishHint: '推一路流：',
  name: '名称',
  state: '状态',
  live: '直播中',
  idle: '等待推流',
  video: '视频',
  audio: '音频',
  frameRate: '帧率',
  viewers: '观看',
  type: '类型',
  address: '地址',
  stream: '流',
  since: '时长',
  page: '页面',
  play: '播放',
  kick: '踢下线',
  kickQuestion: '将该客户端踢下线？',
  kickHint: '连接会被断开，但客户端可以重连。',
  kicked: '已踢下线',
  failed: '失败',
  cancel: '取消',
  back: '返回',
  search: '搜索',
  newer: '上一页',
  older: '下一页',
  enabled: '已开启',
  disabled: '已关闭',
  lastReload: '最近一次重新加载',
  neverReloaded: '启动后还没有重新加载过。',
  reloadOk: '成功',
  reloadFailed: '失败：服务器仍在使用之前的配置',
  reloadRunning: '进行中…',
  reloadNow: '立即重新加载',
  reloadUnknown: '该服务器没有提供此信息。',
  gone: '已不存在。',
  theme: '深色或浅色',
  language: 'English',
  playing: '播放中',
  loading: '加载中',
  stalled: '卡顿',
  paused: '已暂停',
  stopped: '已停止',
  ended: '直播已结束，正在重试…',
  retrying: '还没有流，或者已中断，正在重试…',
  unsupported: '该浏览器无法播放此格式。',
  stop: '停止',
  format: '格式',
  url: '地址',
  codec: '编码',
  resolution: '分辨率',
  latency: '延迟',
  buffer: '缓冲',
  stalls: '卡顿次数',
  dropped: '丢帧',
  time: '已播放',
  copy: '复制',
  copied: '已复制',
};

const LANGUAGES = { en: EN, zh: ZH };

function chosenLanguage() {
  const asked = new URLSearchParams(location.search).get('lang') ?? stored('language') ?? navigator.language;
  return asked.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const language = chosenLanguage();

/** The text for a key in the language of the page. */
export function t(key) {
  return LANGUAGES[language][key] ?? EN[key] ?? key;
}

export function switchLanguage() {
  store('language', language === 'zh' ? 'en' : 'zh');
  const url = new URL(location.href);
  url.searchParams.delete('lang');
  history.replaceState(null, '', url);
  location.reload();
}

/** Browsers that keep nothing (private windows, blocked cookies) throw here. */
export function stored(key) {
  try {
    return localStorage.getItem(`tsrs.${key}`);
  } catch {
    return null;
  }
}

export function store(key, value) {
  try {
    localStorage.setItem(`tsrs.${key}`, value);
  } catch {
    // Then it is forgotten with the page.
  }
}
