/** Last sequence number done with; null: nothing yet. Sequence numbers have one length, so that text order is record order. */
export type ShardPosition = string | null;

/** True when the record comes after the position. */
export function isAfter(sequenceNumber: string, position: ShardPosition): boolean {
  return position === null || sequenceNumber > position;
}

/** The position that lies behind no other. */
export function lowestPosition(positions: readonly ShardPosition[]): ShardPosition {
  let lowest = positions[0] ?? null;
  for (const position of positions) {
    if (position === null) return null;
    if (lowest !== null && position < lowest) lowest = position;
  }
  return lowest;
}
