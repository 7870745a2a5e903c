import { setHolds } from './character-class.ts';
import { parsePattern } from './parse-pattern.ts';
import { PatternError } from './pattern-error.ts';
import type { Assertion, CharacterSet, PatternNode } from './pattern-tree.ts';

/*
 * Regular expressions without back-tracking: the pattern becomes a list of instructions (Thompson's construction)
 * and all possible positions in it advance together over the text, so that time is text length × instructions.
 */

type Instruction =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'jump'; targets: readonly number[] }
  | { readonly kind: 'match' };

/** Bounds the work per character; counted repetitions are written out. */
const MAX_INSTRUCTIONS = 2_000;
const MAX_VISITS = 3 * MAX_INSTRUCTIONS;

export interface LinearPattern {
  readonly source: string;
  /** True when the pattern matches anywhere in the text, by code points. */
  test(text: string): boolean;
}

/** Compiles the RE2 syntax of parsePattern. Throws PatternError with what is wrong. */
export function compilePattern(source: string): LinearPattern {
  const program: Program = { instructions: [], visits: 0 };
  emit(parsePattern(source), program);
  program.instructions.push({ kind: 'match' });
  return { source, test: createRunner(program.instructions) };
}

interface Program {
  readonly instructions: Instruction[];
  /** Nodes written out so far; repetitions of nothing make visits without making instructions. */
  visits: number;
}

function emit(node: PatternNode, program: Program): void {
  program.visits++;
  if (program.visits > MAX_VISITS || program.instructions.length > MAX_INSTRUCTIONS) {
    throw new PatternError(
      `the pattern is too large; repetitions count with their size up to ${MAX_INSTRUCTIONS}`,
    );
  }
  switch (node.kind) {
    case 'empty':
      return;
    case 'set':
      program.instructions.push({ kind: 'set', set: node.set });
      return;
    case 'assert':
      program.instructions.push({ kind: 'assert', assertion: node.assertion });
      return;
    case 'sequence':
      for (const part of node.nodes) emit(part, program);
      return;
    case 'alternatives':
      emitAlternatives(node.nodes, program);
      return;
    case 'repeat':
      emitRepeat(node, program);
  }
}

function emitAlternatives(nodes: readonly PatternNode[], program: Program): void {
  const fork = pushJump(program);
  const starts: number[] = [];
  const exits: { targets: readonly number[] }[] = [];
  for (const node of nodes) {
    starts.push(program.instructions.length);
    emit(node, program);
    exits.push(pushJump(program));
  }
  fork.targets = starts;
  for (const exit of exits) exit.targets = [program.instructions.length];
}

function emitRepeat(node: Extract<PatternNode, { kind: 'repeat' }>, program: Program): void {
  for (let count = 0; count < node.min; count++) emit(node.node, program);
  if (node.max === null) {
    const fork = pushJump(program);
    const start = program.instructions.length;
    emit(node.node, program);
    const back = pushJump(program);
    back.targets = [start - 1];
    fork.targets = [start, program.instructions.length];
    return;
  }
  const forks: { jump: { targets: readonly number[] }; start: number }[] = [];
  for (let count = node.min; count < node.max; count++) {
    const jump = pushJump(program);
    forks.push({ jump, start: program.instructions.length });
    emit(node.node, program);
  }
  for (const { jump, start } of forks) jump.targets = [start, program.instructions.length];
}

function pushJump(program: Program): { targets: readonly number[] } {
  const jump: Extract<Instruction, { kind: 'jump' }> = { kind: 'jump', targets: [] };
  program.instructions.push(jump);
  return jump;
}

/** Where the text stands between two code points; -1 outside the text. */
interface Boundary {
  readonly before: number;
  readonly after: number;
}

function createRunner(program: readonly Instruction[]): (text: string) => boolean {
  // Marks the instructions seen at one place of the text; a new place is a new mark, so nothing is cleared.
  const marks = new Uint32Array(program.length);
  let mark = 0;

  /** All sets reachable without consuming; null when the match is. */
  function follow(starts: readonly number[], boundary: Boundary): number[] | null {
    mark = (mark + 1) >>> 0;
    if (mark === 0) marks.fill(mark++);
    const waiting = [0, ...starts];
    const sets: number[] = [];
    for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
      if (marks[state] === mark) continue;
      marks[state] = mark;
      const instruction = program[state] as Instruction;
      if (instruction.kind === 'match') return null;
      if (instruction.kind === 'set') sets.push(state);
      else if (instruction.kind === 'jump') waiting.push(...instruction.targets);
      else if (holdsAt(instruction.assertion, boundary)) waiting.push(state + 1);
    }
    return sets;
  }

  /** Consumes one code point: the instructions behind every set that holds it. */
  function step(states: readonly number[], codePoint: number): number[] {
    const next: number[] = [];
    for (const state of states) {
      const instruction = program[state];
      if (instruction?.kind === 'set' && setHolds(instruction.set, codePoint)) next.push(state + 1);
    }
    return next;
  }

  return (text) => {
    let current: number[] = [];
    let before = -1;
    for (let offset = 0; ; ) {
      const after = text.codePointAt(offset) ?? -1;
      const states = follow(current, { before, after });
      if (states === null) return true;
      if (after === -1) return false;
      current = step(states, after);
      before = after;
      offset += after > 0xffff ? 2 : 1;
    }
  };
}

function holdsAt(assertion: Assertion, { before, after }: Boundary): boolean {
  switch (assertion) {
    case 'begin':
      return before === -1;
    case 'end':
      return after === -1;
    case 'wordBoundary':
      return isWordCharacter(before) !== isWordCharacter(after);
    case 'noWordBoundary':
      return isWordCharacter(before) === isWordCharacter(after);
  }
}

/** ASCII letters, digits and underscore, as in RE2. */
function isWordCharacter(codePoint: number): boolean {
  return (
    (codePoint >= 0x30 && codePoint <= 0x39) ||
    (codePoint >= 0x41 && codePoint <= 0x5a) ||
    codePoint === 0x5f ||
    (codePoint >= 0x61 && codePoint <= 0x7a)
  );
}
