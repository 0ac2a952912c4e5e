import { expect, test } from 'vitest';
import { isLoopback } from './loopback.ts';

test.each(['localhost', '127.0.0.1', '127.255.0.9', '::1', '[::1]'])('%s counts as a loopback address', (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(['', '0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', '127.1', '0:0:0:0:0:0:0:1', 'LOCALHOST'])(
  '%j does not count as a loopback address',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
