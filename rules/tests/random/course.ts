/** A random course of one weekly window and the next, minute by minute, and what people must be told about it. */
export interface Course {
  readonly minutes: readonly Minute[];
  /** The moves that count: where the reset came to rest, in Unix seconds. */
  readonly moves: readonly number[];
}

export interface Minute {
  readonly utilization: number;
  readonly resetsAt: number;
  /** The start of the window, as the exporter knows it. */
  readonly start: number;
  /** Missing in this minute: the exporter, or the reset time alone. */
  readonly missing?: 'everything' | 'reset';
}

export const WEEK = 604_800;
const MINUTE = 60;
const AT_LEAST = 560;
/** Minutes between two happenings: longer than the rules need to believe a reset time. */
const REST = 30;

interface World {
  utilization: number;
  /** Reset time at rest. */
  rest: number;
  start: number;
  readonly minutes: Minute[];
  readonly moves: number[];
  readonly random: () => number;
}

type Happening = (world: World) => void;

const HAPPENINGS: readonly Happening[] = [work, dip, gap, nullReset, oneMove, staged, flips, past, earlyReset];

export function randomCourse(seed: number): Course {
  const random = randomNumbers(seed);
  const firstEnd = (240 + Math.floor(random() * 600)) * MINUTE;
  const world: World = {
    utilization: Math.floor(random() * 70) / 100,
    rest: firstEnd,
    start: firstEnd - WEEK,
    minutes: [],
    moves: [],
    random,
  };
  hold(world, REST);
  while (world.minutes.length < AT_LEAST) {
    const happening = HAPPENINGS[Math.floor(random() * HAPPENINGS.length)] ?? work;
    // Near the end of a window only what leaves the reset alone: a move there may also be a rollover.
    (secondsLeft(world) > 60 * MINUTE ? happening : work)(world);
    hold(world, REST);
  }
  return { minutes: world.minutes, moves: world.moves };
}

/** Minutes at rest; the window rolls over when its time has come. */
function hold(world: World, count: number): void {
  for (let minute = 0; minute < count; minute++) {
    if (secondsLeft(world) < -MINUTE) {
      world.start = world.rest;
      world.rest += WEEK;
      world.utilization = 0;
    }
    report(world, world.rest);
  }
}

/** One minute; the API's clock jitters by a second. */
function report(world: World, resetsAt: number, missing?: Minute['missing']): void {
  const { utilization, start, minutes, random } = world;
  const jitter = Math.round((random() * 2 - 1) * 10) / 10;
  minutes.push({ utilization, start, resetsAt: resetsAt + jitter, ...(missing ? { missing } : {}) });
}

function work(world: World): void {
  world.utilization = Math.min(1.02, world.utilization + Math.ceil(world.random() * 25) / 100);
}

function dip(world: World): void {
  world.utilization = Math.max(0, world.utilization - 0.02);
  hold(world, 10);
  world.utilization += 0.02;
}

function gap(world: World): void {
  for (let minute = pick(world, 3, 40); minute > 0; minute--) report(world, world.rest, 'everything');
}

function nullReset(world: World): void {
  for (let minute = pick(world, 3, 30); minute > 0; minute--) report(world, world.rest, 'reset');
}

function oneMove(world: World): void {
  comeToRest(world, anotherReset(world));
}

function staged(world: World): void {
  const target = anotherReset(world);
  const steps = pick(world, 3, 5);
  const from = world.rest;
  for (let step = 1; step < steps; step++) {
    repeat(world, Math.round((from + ((target - from) * step) / steps) / MINUTE) * MINUTE, pick(world, 3, 5));
  }
  comeToRest(world, target);
}

function flips(world: World): void {
  const other = anotherReset(world);
  for (let flip = pick(world, 1, 6); flip > 0; flip--) {
    repeat(world, other, pick(world, 3, 5));
    repeat(world, world.rest, pick(world, 3, 5));
  }
  if (world.random() < 0.3) comeToRest(world, other);
  else if (world.random() < 0.5) comeToRest(world, anotherReset(world));
}

function past(world: World): void {
  repeat(world, now(world) - 10 * MINUTE, pick(world, 5, 20));
}

/** Anthropic resets the window before its time: the utilization falls, and it is another window. */
function earlyReset(world: World): void {
  world.start = now(world);
  world.utilization = 0;
  comeToRest(world, now(world) + WEEK);
}

function comeToRest(world: World, resetsAt: number): void {
  world.rest = resetsAt;
  world.moves.push(resetsAt);
}

function repeat(world: World, resetsAt: number, count: number): void {
  for (let minute = 0; minute < count; minute++) report(world, resetsAt);
}

/** Two to eight hours ahead, or days. */
function anotherReset(world: World): number {
  return now(world) + pick(world, 120, world.random() < 0.5 ? 480 : 9000) * MINUTE;
}

function now({ minutes }: World): number {
  return minutes.length * MINUTE;
}

function secondsLeft(world: World): number {
  return world.rest - now(world);
}

function pick({ random }: World, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** Mulberry32: the same numbers for the same seed, on every machine. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
