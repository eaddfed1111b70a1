// Numbers as people read them.

/** kbit/s: `950 kbps`, `1.13 Mbps`. */
export function bitrate(kbps) {
  if (!Number.isFinite(kbps) || kbps <= 0) return '0 kbps';
  if (kbps < 1000) return `${Math.round(kbps)} kbps`;
  return kbps < 1e6 ? `${significant(kbps / 1000)} Mbps` : `${significant(kbps / 1e6)} Gbps`;
}

/** `7.4 MB` */
export function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${count} B` : `${significant(value)} ${units[unit]}`;
}

/** `4:07`, `2:15:09`, `3d 2:15:09` */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, '0');
  const days = Math.floor(whole / 86400);
  const hours = Math.floor((whole % 86400) / 3600);
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
  if (days > 0) return `${days}d ${hours}:${rest}`;
  return hours > 0 ? `${hours}:${rest}` : rest.replace(/^0/, '');
}

export function percent(fraction) {
  return `${Math.round(fraction * 100)} %`;
}

function significant(value) {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : String(Math.round(value));
}
