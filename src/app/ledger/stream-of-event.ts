import { UNKNOWN_STREAM } from '#core/delivery/dead-letter.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { OpenedEvent } from '../open-record.ts';
import type { LedgerConfig } from './ledger-config.ts';

/** The stream that the schema in the event's header belongs to: no more of the event is decoded. */
export function streamOfEvent(
  { content }: OpenedEvent,
  config: Pick<LedgerConfig, 'streamOfSchema' | 'schemas'>,
): string {
  if ('problem' in content) return UNKNOWN_STREAM;
  const { schemaVersionId: id } = content;
  return config.streamOfSchema(id) ?? config.schemas?.valueOf(id) ?? UNKNOWN_STREAM;
}

/** The event's schema when it has to be looked up before its stream can be told, else null. */
export function unknownSchemaOf(
  { content }: OpenedEvent,
  config: Pick<LedgerConfig, 'streamOfSchema' | 'schemas'>,
): WireSchemaId | null {
  if (config.schemas === undefined || 'problem' in content) return null;
  const { schemaVersionId: id } = content;
  const isKnown = config.streamOfSchema(id) !== null || config.schemas.isKnown(id);
  return isKnown ? null : id;
}
