import { z } from 'zod';
import { readIcebergTableInput } from '../../glue/iceberg-table-input.ts';
import { LOCAL_ACCOUNT } from '../../services.ts';
import { defineResourceType, type ResourceType } from '../resource-type.ts';

const catalogId = z.literal(LOCAL_ACCOUNT);

const database = z.strictObject({
  CatalogId: catalogId,
  DatabaseInput: z.strictObject({ Name: z.string(), Description: z.string().optional() }),
});

const table = z.strictObject({
  CatalogId: catalogId,
  DatabaseName: z.string(),
  Name: z.string(),
  OpenTableFormatInput: z.strictObject({
    IcebergInput: z.strictObject({
      MetadataOperation: z.literal('CREATE'),
      Version: z.literal('2'),
      IcebergTableInput: z.record(z.string(), z.unknown()),
    }),
  }),
});

const ICEBERG_TABLE_INPUT = ['OpenTableFormatInput', 'IcebergInput', 'IcebergTableInput'];

export const GLUE_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Glue::Database': defineResourceType({
    properties: database,
    identify: (properties) => ({ ref: properties.DatabaseInput.Name, attributes: {} }),
    ensure(properties, { services }) {
      const { Name: name, Description: description } = properties.DatabaseInput;
      services.glue.ensureDatabase({ name, ...(description === undefined ? {} : { description }) });
    },
  }),
  'AWS::Glue::Table': defineResourceType({
    properties: table,
    frozen: true,
    identify: (properties) => ({ ref: properties.Name, attributes: {} }),
    check(properties) {
      try {
        readIcebergTableInput(properties.OpenTableFormatInput.IcebergInput.IcebergTableInput);
        return [];
      } catch (error) {
        return [{ about: 'value', path: ICEBERG_TABLE_INPUT, message: (error as Error).message }];
      }
    },
    ensure: (properties, { services }) =>
      services.glue.ensureIcebergTable({
        databaseName: properties.DatabaseName,
        name: properties.Name,
        icebergTableInput: properties.OpenTableFormatInput.IcebergInput.IcebergTableInput,
      }),
  }),
};
