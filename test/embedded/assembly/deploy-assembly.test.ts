import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SluiceError } from '#core/errors.ts';
import { deployAssembly } from '#embedded/assembly/deploy-assembly.ts';
import type { Assembly } from '#embedded/assembly/load-assembly.ts';
import { oneStack, recordingServices, temporaryFolder } from './assembly-fixture.ts';

let folder: ReturnType<typeof temporaryFolder>;
let lines: string[];

beforeEach(() => {
  folder = temporaryFolder();
  lines = [];
});

afterEach(() => folder.remove());

function deploy(assembly: Assembly, recording = recordingServices()) {
  return deployAssembly(assembly, recording.services, {
    stateDir: folder.path,
    endpoint: 'http://127.0.0.1:4566',
    log: (line) => lines.push(line),
  });
}

const bucket = (name: string, attributes = {}) => ({
  Type: 'AWS::S3::Bucket',
  Properties: { BucketName: name },
  ...attributes,
});

function table(type: string) {
  return {
    Type: 'AWS::Glue::Table',
    DeletionPolicy: 'Retain',
    Properties: {
      CatalogId: '000000000000',
      DatabaseName: 'local_market_bronze',
      Name: 'trade',
      OpenTableFormatInput: {
        IcebergInput: {
          MetadataOperation: 'CREATE',
          Version: '2',
          IcebergTableInput: {
            Location: 's3://lake/trade',
            Schema: { Fields: [{ Id: 1, Name: 'price', Required: true, Type: type }] },
          },
        },
      },
    },
  };
}

describe('deployAssembly', () => {
  it('reports stacks, their resources and outputs', async () => {
    const assembly = oneStack(
      { A: bucket('lake'), B: bucket('results') },
      { Outputs: { LakeBucketName: { Value: { Ref: 'A' } } } },
    );
    const deployment = await deploy(assembly);
    expect(deployment.stacks).toEqual([{ name: 'app', resources: 2 }]);
    expect(deployment.outputs).toEqual({ app: { LakeBucketName: 'lake' } });
    expect(deployment.seconds).toBeGreaterThan(0);
  });

  it('asks the services again at every start, and says nothing when nothing changed', async () => {
    const assembly = oneStack({ A: bucket('lake'), T: table('double') });
    const first = recordingServices();
    const second = recordingServices();
    await deploy(assembly, first);
    await deploy(assembly, second);
    expect(second.calls).toEqual(first.calls);
    expect(lines).toEqual([]);
  });

  it('names every problem of every stack and creates nothing', async () => {
    const recording = recordingServices();
    const assembly: Assembly = {
      directory: '/assembly',
      stacks: [
        { name: 'one', template: { Resources: { A: bucket('lake') } }, assets: new Map() },
        {
          name: 'two',
          template: {
            Resources: {
              Topic: { Type: 'AWS::EC2::Instance' },
              B: {
                Type: 'AWS::S3::Bucket',
                Properties: { Website: 1, BucketName: { 'Fn::Cidr': 1 } },
              },
            },
          },
          assets: new Map(),
        },
      ],
    };
    const error = await deploy(assembly, recording).catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
      message: [
        'cloud assembly /assembly: 3 problems, nothing was deployed',
        '  two/Topic: the local cloud does not emulate AWS::EC2::Instance',
        '  two/B.BucketName: the local cloud does not know the intrinsic function Fn::Cidr',
        '  two/B.Website: the local cloud does not emulate this property',
      ].join('\n'),
    });
    expect(recording.calls).toEqual([]);
    expect(existsSync(path.join(folder.path, 'deployed.json'))).toBe(false);
  });

  it('refuses a changed table, naming what changed', async () => {
    await deploy(oneStack({ A: bucket('lake'), T: table('double') }));
    const recording = recordingServices();
    await expect(
      deploy(oneStack({ A: bucket('lake'), T: table('long') }), recording),
    ).rejects.toThrow(
      'app/T.OpenTableFormatInput.IcebergInput.IcebergTableInput.Schema.Fields[0].Type: ' +
        'AWS::Glue::Table never changes after its creation: deployed as "double", now "long"',
    );
    expect(recording.calls).toEqual([]);
  });

  it('deploys changes of other resources', async () => {
    await deploy(oneStack({ A: bucket('lake') }));
    const recording = recordingServices();
    await deploy(oneStack({ A: bucket('lake-two') }), recording);
    expect(recording.calls).toEqual([['bucket', { name: 'lake-two', versioned: false }]]);
  });

  it('keeps a retained table that is gone from the assembly, says so, and still knows its shape', async () => {
    await deploy(oneStack({ A: bucket('lake'), T: table('double') }));
    await deploy(oneStack({ A: bucket('lake') }));
    expect(lines).toEqual([
      'app/T: AWS::Glue::Table trade is gone from the assembly: kept (its policy is Retain)',
    ]);
    await expect(deploy(oneStack({ A: bucket('lake'), T: table('long') }))).rejects.toThrow(
      /never changes after its creation/,
    );
    await deploy(oneStack({ A: bucket('lake'), T: table('double') }));
  });

  it('says once that a resource without Retain is no longer deployed', async () => {
    await deploy(oneStack({ A: bucket('lake'), B: bucket('other') }));
    await deploy(oneStack({ A: bucket('lake') }));
    await deploy(oneStack({ A: bucket('lake') }));
    expect(lines).toEqual([
      'app/B: AWS::S3::Bucket other is gone from the assembly: no longer deployed',
    ]);
  });

  it('names the resource that a service refuses, and goes on from there at the next start', async () => {
    const failing = recordingServices({ icebergTable: new Error('lake is full') });
    const assembly = oneStack({ A: bucket('lake'), T: table('double') });
    const error = await deploy(assembly, failing).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(SluiceError);
    expect(error).toMatchObject({
      message: 'app/T: cannot deploy AWS::Glue::Table trade: lake is full',
    });
    const recording = recordingServices();
    await deploy(assembly, recording);
    expect(recording.calls.map(([name]) => name)).toEqual(['bucket', 'icebergTable']);
  });

  it('passes on the code of a service that knows one', async () => {
    const failing = recordingServices({
      bucket: new SluiceError('FORMAT_CORRUPT', 'index broken'),
    });
    await expect(deploy(oneStack({ A: bucket('lake') }), failing)).rejects.toMatchObject({
      code: 'FORMAT_CORRUPT',
    });
  });
});
