import { describe, expect, it } from 'vitest';
import type { AssemblyStack } from '#embedded/assembly/load-assembly.ts';
import { planStack, type SharedValues, type StackPlan } from '#embedded/assembly/plan-stack.ts';
import { createProblems } from '#embedded/assembly/problems.ts';

type Sections = Readonly<Record<string, unknown>>;

function planAll(stacks: Readonly<Record<string, Sections>>): {
  readonly plans: readonly StackPlan[];
  readonly problems: readonly string[];
} {
  const problems = createProblems();
  const endpoint = 'http://127.0.0.1:4566';
  const shared: SharedValues = { endpoint, exports: new Map(), outputs: new Map() };
  const plans = Object.entries(stacks).map(([name, template]) => {
    const stack: AssemblyStack = { name, template, assets: new Map() };
    return planStack(stack, shared, problems);
  });
  return { plans, problems: problems.lines };
}

function plan(resources: Sections, sections: Sections = {}) {
  const { plans, problems } = planAll({ app: { Resources: resources, ...sections } });
  return { resources: plans[0]?.resources ?? [], outputs: plans[0]?.outputs ?? {}, problems };
}

const bucket = (properties: Sections = {}, attributes: Sections = {}) => ({
  Type: 'AWS::S3::Bucket',
  Properties: properties,
  ...attributes,
});
const logGroup = (name: unknown, attributes: Sections = {}) => ({
  Type: 'AWS::Logs::LogGroup',
  Properties: { LogGroupName: name },
  ...attributes,
});

describe('planStack', () => {
  it('puts a resource after those it refers to, in whatever way', () => {
    const { resources, problems } = plan({
      A: logGroup({ 'Fn::Join': ['', [{ Ref: 'B' }, { 'Fn::Sub': `\${C.Arn}` }]] }),
      B: bucket({}, { DependsOn: 'D' }),
      C: bucket(),
      D: bucket({}, { DependsOn: ['C'] }),
    });
    expect(problems).toEqual([]);
    expect(resources.map(({ place }) => place.logicalId)).toEqual(['C', 'D', 'B', 'A']);
  });

  it('gives an unnamed resource the same valid name at every start', () => {
    const name = () => plan({ A: bucket() }).resources[0]?.parsed.identity.ref;
    expect(name()).toMatch(/^app-a-[0-9a-f]{8}$/);
    expect(name()).toBe(name());
  });

  it('keeps long generated names apart and within 63 characters', () => {
    const long = 'LogicalIdentifier'.repeat(5);
    const { resources } = plan({ [`${long}1`]: bucket(), [`${long}2`]: bucket() });
    const names = resources.map(({ parsed }) => parsed.identity.ref);
    expect(new Set(names).size).toBe(2);
    expect(Math.max(...names.map((name) => name.length))).toBe(63);
  });

  it('resolves pseudo parameters', () => {
    const { resources } = plan({
      A: logGroup({
        'Fn::Sub': `\${AWS::Partition} \${AWS::Region} \${AWS::AccountId} \${AWS::URLSuffix} \${AWS::StackName}`,
      }),
    });
    expect(resources[0]?.parsed.identity.ref).toBe('aws us-east-1 000000000000 amazonaws.com app');
  });

  it('takes parameters at their defaults, and any bootstrap version', () => {
    const { resources, problems } = plan(
      { A: logGroup({ 'Fn::Join': ['-', [{ Ref: 'Name' }, { Ref: 'BootstrapVersion' }]] }) },
      {
        Parameters: {
          Name: { Type: 'String', Default: 'x' },
          BootstrapVersion: {
            Type: 'AWS::SSM::Parameter::Value<String>',
            Default: '/cdk-bootstrap/hnb659fds/version',
          },
        },
        Rules: { CheckBootstrapVersion: { Assertions: [] } },
      },
    );
    expect(problems).toEqual([]);
    expect(resources[0]?.parsed.identity.ref).toBe('x-1000');
  });

  it('leaves out resources and outputs whose condition does not hold', () => {
    const { resources, outputs } = plan(
      { A: bucket({}, { Condition: 'Elsewhere' }), B: bucket({}, { Condition: 'Here' }) },
      {
        Conditions: {
          Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
          Elsewhere: { 'Fn::Not': [{ Condition: 'Here' }] },
        },
        Outputs: {
          One: { Value: { Ref: 'B' }, Condition: 'Here' },
          Two: { Value: 'x', Condition: 'Elsewhere' },
        },
      },
    );
    expect(resources.map(({ place }) => place.logicalId)).toEqual(['B']);
    expect(Object.keys(outputs)).toEqual(['One']);
  });

  it('hands exports and outputs to later stacks, and keeps exports out of its outputs', () => {
    const { plans, problems } = planAll({
      producer: {
        Resources: { A: bucket({ BucketName: 'lake' }) },
        Outputs: {
          Name: { Value: { Ref: 'A' } },
          Arn: {
            Value: { 'Fn::GetAtt': ['A', 'Arn'] },
            Export: { Name: { 'Fn::Sub': `\${AWS::StackName}:Arn` } },
          },
        },
      },
      consumer: {
        Resources: {
          B: logGroup({ 'Fn::ImportValue': 'producer:Arn' }),
          C: logGroup({
            'Fn::GetStackOutput': { StackName: 'producer', OutputName: 'Name' },
          }),
        },
      },
    });
    expect(problems).toEqual([]);
    expect(plans[0]?.outputs).toEqual({ Name: 'lake' });
    expect(plans[1]?.resources.map(({ parsed }) => parsed.identity.ref)).toEqual([
      'arn:aws:s3:::lake',
      'lake',
    ]);
  });

  it.each([
    [
      'a resource type',
      { A: { Type: 'AWS::EC2::Instance' } },
      {},
      'app/A: the local cloud does not emulate AWS::EC2::Instance',
    ],
    [
      'a resource attribute',
      { A: bucket({}, { UpdatePolicy: {} }) },
      {},
      'app/A.UpdatePolicy: the local cloud does not know this resource attribute',
    ],
    [
      'a template section',
      {},
      { Mappings: {} },
      'app.Mappings: the local cloud does not know this template section',
    ],
    [
      'a transform',
      {},
      { Transform: 'AWS::Serverless' },
      'app.Transform: the local cloud does not know this template section',
    ],
    [
      'a rule',
      {},
      { Rules: { Mine: {} } },
      'app/Mine: the local cloud does not evaluate template rules',
    ],
    [
      'an output attribute',
      {},
      { Outputs: { O: { Value: 1, Extra: 1 } } },
      'app/O.Extra: the local cloud does not know this output attribute',
    ],
    [
      'a property',
      { A: bucket({ AccelerateConfiguration: {} }) },
      {},
      'app/A.AccelerateConfiguration: the local cloud does not emulate this property',
    ],
    [
      'a property deep inside',
      { A: bucket({ VersioningConfiguration: { Status: 'Enabled', Mfa: 1 } }) },
      {},
      'app/A.VersioningConfiguration.Mfa: the local cloud does not emulate this property',
    ],
    [
      'a property value',
      { A: bucket({ VersioningConfiguration: { Status: 'Suspended' } }) },
      {},
      'app/A.VersioningConfiguration.Status: expected "Enabled", got "Suspended"',
    ],
    [
      'a property type',
      { A: bucket({ BucketName: 7 }) },
      {},
      'app/A.BucketName: expected string, received number, got 7',
    ],
    [
      'an attribute',
      { A: logGroup({ 'Fn::GetAtt': ['B', 'WebsiteURL'] }), B: bucket() },
      {},
      'app/A.LogGroupName: the local cloud does not know attribute WebsiteURL of AWS::S3::Bucket',
    ],
    [
      'a name',
      { A: logGroup({ Ref: 'Lost' }) },
      {},
      'app/A.LogGroupName: the template has no resource or parameter "Lost"',
    ],
    [
      'a dependency',
      { A: bucket({}, { DependsOn: 'Lost' }) },
      {},
      'app/A.DependsOn: the template has no resource or parameter "Lost"',
    ],
    [
      'an import',
      { A: logGroup({ 'Fn::ImportValue': 'x' }) },
      {},
      'app/A.LogGroupName: no stack deployed before this one exports "x"',
    ],
    [
      'a condition',
      { A: bucket({}, { Condition: 'Lost' }) },
      {},
      'app/A: condition Lost does not exist',
    ],
    [
      'a parameter without default',
      {},
      { Parameters: { P: { Type: 'String' } } },
      'app/P: the parameter has no default and the local cloud asks for none',
    ],
    [
      'a parameter of another kind',
      {},
      { Parameters: { P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/my/secret' } } },
      'app/P: the local cloud cannot read a parameter of type AWS::SSM::Parameter::Value<String>',
    ],
  ])('reports %s it does not know', (_name, resources, sections, expected) => {
    expect(plan(resources, sections).problems).toEqual([expected]);
  });

  it('reports a circle of references once', () => {
    const { problems } = plan({ A: logGroup({ Ref: 'B' }), B: logGroup({ Ref: 'A' }) });
    expect(problems).toEqual(['app/B.LogGroupName: circular reference through A']);
  });

  it('reports conditions that refer to each other', () => {
    const { problems } = plan(
      { A: bucket({}, { Condition: 'X' }) },
      { Conditions: { X: { Condition: 'Y' }, Y: { Condition: 'X' } } },
    );
    expect(problems).toEqual(['app/Y: condition X refers to itself']);
  });

  it('reports a reference to a resource that does not exist here', () => {
    const { problems } = plan(
      { A: bucket({}, { Condition: 'Never' }), B: logGroup({ Ref: 'A' }) },
      { Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } } },
    );
    expect(problems).toEqual(['app/B.LogGroupName: refers to A, whose condition does not hold']);
  });

  it('names a cause once and not the resources that refer to it', () => {
    const { problems } = plan({
      Topic: { Type: 'AWS::EC2::Instance' },
      A: logGroup({ Ref: 'Topic' }),
      B: logGroup({ 'Fn::GetAtt': ['A', 'Arn'] }),
    });
    expect(problems).toEqual(['app/Topic: the local cloud does not emulate AWS::EC2::Instance']);
  });

  it('reports an unknown property even when its value cannot be resolved', () => {
    const { problems } = plan({ A: bucket({ ReplicationConfiguration: { 'Fn::Cidr': [] } }) });
    expect(problems).toEqual([
      'app/A.ReplicationConfiguration: the local cloud does not know the intrinsic function Fn::Cidr',
      'app/A.ReplicationConfiguration: the local cloud does not emulate this property',
    ]);
  });

  it('reports two exports of one name', () => {
    const exported = { Value: 'x', Export: { Name: 'shared' } };
    const { problems } = plan({}, { Outputs: { One: exported, Two: exported } });
    expect(problems).toEqual(['app/Two: "shared" is exported twice']);
  });

  it('reports a template that is none', () => {
    expect(planAll({ app: { Resources: [] } }).problems).toEqual([
      expect.stringMatching(/^app: Resources: not a template: /),
    ]);
  });
});
