import { z } from 'zod';
import { generatorModel, incompleteGeneratorModel } from './generator-model.ts';
import { httpIngestModel, incompleteHttpIngestModel } from './http-ingest-model.ts';
import { httpPollModel, incompleteHttpPollModel } from './http-poll-model.ts';
import { MAX_STREAM_NAME, nameModel } from './name-model.ts';

/** `connectors:` of a domain file: how events come in besides producers that write to the buffer themselves. */
export const connectorsModel = z
  .record(
    nameModel(MAX_STREAM_NAME),
    z.discriminatedUnion('kind', [httpIngestModel, httpPollModel, generatorModel]),
  )
  .describe('ways in for events, by name');

export const incompleteConnectorsModel = z.record(
  nameModel(MAX_STREAM_NAME),
  z.discriminatedUnion('kind', [
    incompleteHttpIngestModel,
    incompleteHttpPollModel,
    incompleteGeneratorModel,
  ]),
);

export type ConnectorInput = z.infer<typeof incompleteConnectorsModel>[string];

/** Words of kinds that the language knows and this version does not. */
export const CONNECTOR_NOT_SUPPORTED = {
  keys: [],
  values: ['postgres-poll', 'file-drop', 'websocket'].map((kind) => `connectors.*.kind=${kind}`),
};
