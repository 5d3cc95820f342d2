import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { generate, outputFile, parseProto, render } from './gen_types.mjs';

const sample = `
syntax = "proto3";
package a.b;
import "google/protobuf/timestamp.proto";
service S { rpc Do(Big) returns (stream Big); }
enum Colour { RED = 0; BLUE = 1; }
// What it is.
message Big {
  enum State { OFF = 0; ON = 1; }
  int64 size_bytes = 1;
  // Two
  // lines.
  optional int32 warmups = 2;
  repeated double us_p50 = 3;
  State state = 4;
  Colour colour = 5;
  google.protobuf.Timestamp create_time = 6;
  oneof body { Other other = 7; string text = 8; }
  bytes raw = 9;
}
message Other { Big.State state = 1; }
`;

describe('gen_types', () => {
  test('src/types.gen.ts is what the protos say today', () => {
    expect(readFileSync(outputFile, 'utf8')).toBe(generate());
  });

  test('maps proto3 JSON: int64 is a string, oneof and messages may be absent', () => {
    const text = render([parseProto(sample, 'sample.proto')]);
    expect(text).toContain('  sizeBytes: string;');
    expect(text).toContain('  warmups?: number;');
    expect(text).toContain('  usP50: number[];');
    expect(text).toContain('  state: BigState;');
    expect(text).toContain('  colour: Colour;');
    expect(text).toContain('  createTime?: string;');
    expect(text).toContain('  other?: Other;');
    expect(text).toContain('  text?: string;');
    expect(text).toContain('  raw: string;');
    expect(text).toContain("export type BigState =\n  | 'OFF'\n  | 'ON';");
    expect(text).toContain('/** What it is. */\nexport interface Big {');
    expect(text).toMatch(/interface Other \{\n  state: BigState;/);
  });

  test('refuses what it does not know', () => {
    expect(() => parseProto('extend Foo { }', 'x.proto')).toThrow(
      /x\.proto.*extend/,
    );
    expect(() =>
      parseProto('message A { map<string, int32> m = 1; }', 'x'),
    ).toThrow();
    expect(() =>
      render([parseProto('message A { Nope n = 1; }', 'x')]),
    ).toThrow(/unknown type Nope/);
  });
});
