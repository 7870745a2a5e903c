/** What can go wrong with one step of I/O. */
export const FAULT_KINDS = [
  'fail-before',
  'fail-after',
  'late',
  'repeat',
  'delay',
  'freeze',
  'crash-before',
  'crash-after',
] as const;

/**
 * - `fail-before`: the caller sees an error; nothing happened
 * - `fail-after`: the caller sees an error, but it happened
 * - `late`: the caller sees an error, and it happens later, while others act
 * - `repeat`: it happens twice, as when a client repeats a request whose answer it lost; the caller sees the second outcome
 * - `delay`: it takes long, others overtake
 * - `freeze`: the whole process stands still beyond its time-out and goes on afterwards, as a zombie
 * - `crash-before`, `crash-after`: the process dies, before or after it happened
 */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Faults that only make sense for what changes something. */
const OF_WRITES: ReadonlySet<FaultKind> = new Set(['fail-after', 'late', 'repeat', 'crash-after']);

export function faultsOf(step: { readonly isWrite: boolean }): readonly FaultKind[] {
  return FAULT_KINDS.filter((kind) => step.isWrite || !OF_WRITES.has(kind));
}
