import { expect, test } from 'vitest';
import { pageModule } from './page-module.ts';

interface NumbersModule {
  bitrate(kbps: number): string;
  bytes(count: number): string;
  duration(seconds: number): string;
  percent(fraction: number): string;
}

interface Sample {
  readonly received: number;
  readonly sent: number;
  readonly frames: number;
}

interface RatesModule {
  Rates: new () => {
    add(id: string, counts: object, timeMs: number): readonly Sample[];
    last(id: string): Sample | undefined;
    samples(id: string): readonly Sample[];
    forget(timeMs: number): void;
  };
}

const { bitrate, bytes, duration, percent } = await pageModule<NumbersModule>('assets/numbers.js');
const { Rates } = await pageModule<RatesModule>('console/rates.js');

test('numbers as people read them', () => {
  expect([0, Number.NaN, 950.4, 1130, 12_340, 456_000, 1.2e6].map(bitrate)).toEqual([
    '0 kbps',
    '0 kbps',
    '950 kbps',
    '1.13 Mbps',
    '12.3 Mbps',
    '456 Mbps',
    '1.20 Gbps',
  ]);
  expect([0, 999, 1000, 7_372_092, 5e15].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.00 kB',
    '7.37 MB',
    '5.00 PB',
  ]);
  expect([0, 59.9, 247, 8109, 267_309].map(duration)).toEqual([
    '0:00',
    '0:59',
    '4:07',
    '2:15:09',
    '3d 2:15:09',
  ]);
  expect(percent(0.194)).toBe('19 %');
});

test('rates come from differences, never below 0, and are forgotten with what they belong to', () => {
  const rates = new Rates();
  expect(rates.add('s', { recv_bytes: 1000, send_bytes: 0, frames: 10 }, 0)).toEqual([]);
  rates.add('s', { recv_bytes: 251_000, send_bytes: 500_000, frames: 60 }, 2000);
  expect(rates.last('s')).toMatchObject({ received: 1000, sent: 2000, frames: 25 });
  rates.add('s', { recv_bytes: 0, send_bytes: 0, frames: 0 }, 4000);
  expect(rates.last('s')).toMatchObject({ received: 0, sent: 0, frames: 0 });
  for (let i = 3; i < 400; i++) rates.add('s', { recv_bytes: 0, send_bytes: 0 }, i * 2000);
  expect(rates.samples('s')).toHaveLength(150);
  rates.forget(1e9);
  expect(rates.samples('s')).toEqual([]);
});
