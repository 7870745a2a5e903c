import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { CatalogTable } from '#lib/constructs/iceberg-table.ts';
import type { Deployment } from '#lib/sluice-app.ts';
import {
  catalogTable,
  LOCAL_ENVIRONMENT,
  MARKET,
  marketDeployment,
  PROD_ENVIRONMENT,
} from '../deployment-fixture.ts';
import { synthesizeTemplates } from '../market-templates.ts';

const { catalog } = synthesizeTemplates(marketDeployment(PROD_ENVIRONMENT));

function withTables(deployment: Deployment, tables: readonly CatalogTable[]): Deployment {
  return {
    ...deployment,
    domains: deployment.domains.map((part) => ({ ...part, tables })),
  };
}

describe('catalog stack', () => {
  it('has the database and one resource per table', () => {
    expect(Object.keys(catalog.toJSON().Resources)).toHaveLength(3);
  });

  it('names the database after environment, domain and layer and retains it', () => {
    catalog.hasResource('AWS::Glue::Database', {
      Properties: {
        CatalogId: { Ref: 'AWS::AccountId' },
        DatabaseInput: {
          Name: 'prod_market_bronze',
          Description: 'Trades and quotes (as received)',
        },
      },
      DeletionPolicy: 'Retain',
    });
  });

  it('creates an Iceberg table from its frozen shape and from nothing else', () => {
    const tables = catalog.findResources('AWS::Glue::Table', { Properties: { Name: 'trade' } });
    expect(Object.values(tables).map((table) => table['Properties'])).toEqual([
      {
        CatalogId: { Ref: 'AWS::AccountId' },
        DatabaseName: 'prod_market_bronze',
        Name: 'trade',
        OpenTableFormatInput: {
          IcebergInput: {
            MetadataOperation: 'CREATE',
            Version: '2',
            IcebergTableInput: {
              Location: {
                'Fn::Join': [
                  '',
                  [
                    's3://',
                    { 'Fn::ImportValue': expect.stringMatching(/^sluice-prod-storage:.*RefLake/) },
                    '/prod_market_bronze/trade',
                  ],
                ],
              },
              Schema: {
                Type: 'struct',
                SchemaId: 0,
                Fields: [
                  { Id: 1, Name: 'symbol', Required: true, Type: 'string', Doc: 'Instrument' },
                  { Id: 2, Name: 'timestamp', Required: true, Type: 'timestamp' },
                  { Id: 3, Name: 'price', Required: false, Type: 'decimal(18, 4)' },
                  { Id: 4, Name: '_ingested_at', Required: true, Type: 'timestamp' },
                ],
              },
              PartitionSpec: {
                SpecId: 0,
                Fields: [
                  { SourceId: 4, FieldId: 1000, Name: '_ingested_at_hour', Transform: 'hour' },
                ],
              },
              WriteOrder: {
                OrderId: 1,
                Fields: [
                  {
                    SourceId: 2,
                    Transform: 'identity',
                    Direction: 'asc',
                    NullOrder: 'nulls-first',
                  },
                ],
              },
              Properties: { 'write.parquet.compression-codec': 'zstd' },
            },
          },
        },
      },
    ]);
  });

  it('retains tables even in a throw-away environment', () => {
    const local = synthesizeTemplates(marketDeployment(LOCAL_ENVIRONMENT)).catalog;
    local.allResources('AWS::Glue::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  it('creates the database before its tables', () => {
    catalog.allResources('AWS::Glue::Table', {
      DependsOn: [Match.stringLikeRegexp('^BronzeDatabase')],
    });
  });

  it('leaves the table resources unchanged when a field is added to the domain', () => {
    const [trade, ...others] = MARKET.streams;
    const added = {
      ...trade!.fields[0]!,
      name: 'venue',
      optional: true,
    };
    const grown = {
      ...MARKET,
      streams: [{ ...trade!, fields: [...trade!.fields, added] }, ...others],
    };
    const after = synthesizeTemplates(
      marketDeployment(PROD_ENVIRONMENT, {
        domain: grown,
        lakeWriterConfig: '{"domain":"market","fields":["venue"]}\n',
      }),
    );
    const tables = (template: typeof catalog) =>
      JSON.stringify(template.findResources('AWS::Glue::Table'));
    expect(tables(after.catalog)).toBe(tables(catalog));
  });

  it('keeps tables apart whose names differ in an underscore only', () => {
    const template = synthesizeTemplates(
      withTables(marketDeployment(LOCAL_ENVIRONMENT), [
        catalogTable('order_item'),
        catalogTable('orderitem'),
      ]),
    ).catalog;
    template.resourceCountIs('AWS::Glue::Table', 2);
  });

  it('gives an unsorted table no write order', () => {
    const { name, shape } = catalogTable('trade');
    const unsorted = { name, shape: { ...shape, sortOrder: { 'order-id': 0, fields: [] } } };
    const template = synthesizeTemplates(
      withTables(marketDeployment(LOCAL_ENVIRONMENT), [unsorted]),
    ).catalog;
    template.hasResourceProperties('AWS::Glue::Table', {
      OpenTableFormatInput: {
        IcebergInput: { IcebergTableInput: { WriteOrder: Match.absent() } },
      },
    });
  });

  it('refuses a nested column, which the resource cannot carry', () => {
    const { name, shape } = catalogTable('trade');
    const nested: CatalogTable = {
      name,
      shape: {
        ...shape,
        schema: {
          ...shape.schema,
          fields: [
            {
              id: 1,
              name: 'levels',
              required: false,
              type: { type: 'list', 'element-id': 2, element: 'double', 'element-required': true },
            },
          ],
        },
      },
    };
    expect(() =>
      synthesizeTemplates(withTables(marketDeployment(LOCAL_ENVIRONMENT), [nested])),
    ).toThrow(/table trade, column levels: .* got a nested list/);
  });

  it('has the database name as output', () => {
    catalog.hasOutput('BronzeDatabaseName', { Value: { Ref: 'BronzeDatabase' } });
  });
});
