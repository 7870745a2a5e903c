import type { Row, Value } from '../schema/field.ts';
import type { Position } from './position.ts';

/** One event as it left its aggregated record, and the stream it belongs to. */
export interface SourceEvent {
  /** Name, or UNKNOWN_STREAM when the event names no schema of the domain. */
  readonly stream: string;
  readonly position: Position;
  /** Arrival at the source (Kinesis ApproximateArrivalTimestamp), never the processing clock. */
  readonly arrivalMicros: bigint;
  readonly partitionKey: string;
  /** Bytes as they arrived, schema header included. */
  readonly payload: Uint8Array;
}

/** What a row has besides its own values once it is accepted. */
export interface Acceptance {
  readonly mapped: Readonly<Record<string, Value>>;
  /** Names of the flag rules that do not hold, joined by commas. */
  readonly flags: string | null;
  readonly eventTimeMicros: bigint;
  readonly eventId: string;
}

export interface AcceptedEvent extends SourceEvent, Acceptance {
  readonly kind: 'accepted';
  readonly row: Row;
  readonly schemaVersion: number;
}

/** It can be read, but must not get into its table; or it is a row of a file that is none of the stream. */
export interface RejectedEvent extends SourceEvent {
  readonly kind: 'rejected';
  readonly reason: string;
  /** Null for a row of a file that does not become one of the stream: its payload is the text. */
  readonly row: Row | null;
  readonly schemaVersion: number;
}

/** It cannot be read, or not be processed. */
export interface UndecodableEvent extends SourceEvent {
  readonly kind: 'undecodable';
  readonly reason: string;
  /** Null when the schema is not known either. */
  readonly schemaVersion: number | null;
}

export type DiscardedEvent = RejectedEvent | UndecodableEvent;

/** An event with its verdict, which follows from its bytes and the configuration alone: no state, no batch. */
export type JudgedEvent = AcceptedEvent | DiscardedEvent;

export function isDiscarded(event: JudgedEvent): event is DiscardedEvent {
  return event.kind !== 'accepted';
}

/** Reasons are for people; what failed may carry a whole payload in its message. */
const MAX_FAILURE_TEXT = 300;

/** Reason of an event at which our own code failed. */
export function processingFailure(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `processing failed: ${text.slice(0, MAX_FAILURE_TEXT).toWellFormed()}`;
}
