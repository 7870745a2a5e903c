/** `late` is behind the watermark when it arrives; `duplicate` is the event before it once more. */
export type GeneratedKind = 'ok' | 'broken' | 'duplicate' | 'late';

/** Every n-th event is planted as the fault; null plants none. */
export interface PlantedFaults {
  readonly brokenEvery: number | null;
  readonly duplicateEvery: number | null;
  readonly lateEvery: number | null;
}

export const NO_FAULTS: PlantedFaults = {
  brokenEvery: null,
  duplicateEvery: null,
  lateEvery: null,
};

/**
 * Kind of the event at an index. Where faults coincide, broken goes before late and late before duplicate.
 * The first event is never a fault, since nothing is late or repeated before it; a duplicate repeats an ordinary
 * event only.
 */
export function kindAt(faults: PlantedFaults, index: number): GeneratedKind {
  const fault = faultAt(faults, index);
  if (fault !== 'duplicate') return fault;
  return faultAt(faults, index - 1) === 'ok' ? 'duplicate' : 'ok';
}

function faultAt(faults: PlantedFaults, index: number): GeneratedKind {
  if (index === 0) return 'ok';
  if (isNth(index, faults.brokenEvery)) return 'broken';
  if (isNth(index, faults.lateEvery)) return 'late';
  return isNth(index, faults.duplicateEvery) ? 'duplicate' : 'ok';
}

function isNth(index: number, every: number | null): boolean {
  return every !== null && index % every === every - 1;
}
