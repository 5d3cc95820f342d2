// Writes src/types.gen.ts from proto/tinyrig/v1/*.proto: the proto3 JSON shape
// of every message and enum. It knows the subset of the language that these
// files use (messages, nested enums, oneof, optional, repeated); anything else
// is an error, never a silent gap.
//
//   node tools/gen_types.mjs           write src/types.gen.ts
//   node tools/gen_types.mjs --check   exit 1 when the file is stale
//
// int64 is a string in proto3 JSON, enums are names, bytes are base64, a
// Timestamp is RFC 3339. The server prints zero values, so scalars and lists
// are always there; messages, `optional` and oneof fields may be absent.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const protoFolder = join(here, '../../proto/tinyrig/v1');
export const outputFile = join(here, '../src/types.gen.ts');

const scalarTypes = {
  double: 'number',
  float: 'number',
  int32: 'number',
  uint32: 'number',
  int64: 'string',
  uint64: 'string',
  bool: 'boolean',
  string: 'string',
  bytes: 'string',
  'google.protobuf.Timestamp': 'string',
};

/** Source text -> tokens; a comment token starts with `//`. */
function tokenize(text, file) {
  const pattern = /\s+|(\/\/[^\n]*)|("[^"]*")|([\w.]+)|([{}=;()<>,[\]])|(.)/gy;
  const tokens = [];
  for (const match of text.matchAll(pattern)) {
    if (match[5]) throw new Error(`${file}: unexpected "${match[5]}"`);
    if (match[0].trim()) tokens.push(match[0]);
  }
  return tokens;
}

/** Parses one file; returns {messages, enums} in order of appearance. */
export function parseProto(text, file) {
  const tokens = tokenize(text, file);
  const found = { messages: [], enums: [] };
  let at = 0;
  let comment = [];

  const fail = (why) => {
    throw new Error(
      `${file}: ${why} near "${tokens.slice(at, at + 4).join(' ')}"`,
    );
  };
  const next = () => tokens[at++] ?? fail('unexpected end');
  const expect = (token) =>
    next() === token || (at--, fail(`"${token}" wanted`));
  const takeComments = () => {
    while (tokens[at]?.startsWith('//')) {
      comment.push(tokens[at++].replace(/^\/\/ ?/, ''));
    }
  };
  const takeDoc = () => {
    const doc = comment;
    comment = [];
    return doc;
  };
  const skipStatement = () => {
    let depth = 0;
    for (;;) {
      const token = next();
      if (token === '{') depth++;
      if (token === '}' && --depth === 0) return;
      if (token === ';' && depth === 0) return;
    }
  };

  function parseEnum(prefix) {
    const item = { name: prefix + next(), doc: takeDoc(), values: [] };
    expect('{');
    for (takeComments(); tokens[at] !== '}'; takeComments()) {
      item.values.push({ name: next(), doc: takeDoc() });
      expect('=');
      next();
      expect(';');
    }
    at++;
    takeDoc();
    found.enums.push(item);
  }

  function parseField(oneof) {
    const doc = takeDoc();
    const label = ['optional', 'repeated'].includes(tokens[at]) ? next() : '';
    const type = next();
    const name = next();
    expect('=');
    if (!/^\d+$/.test(next())) fail('a field number wanted');
    expect(';');
    return { doc, label, type, name, oneof };
  }

  function parseMessage(prefix) {
    const message = { name: prefix + next(), doc: takeDoc(), fields: [] };
    found.messages.push(message);
    expect('{');
    for (takeComments(); tokens[at] !== '}'; takeComments()) {
      if (tokens[at] === 'enum') {
        at++;
        parseEnum(message.name);
      } else if (tokens[at] === 'message') {
        at++;
        parseMessage(message.name);
      } else if (tokens[at] === 'reserved' || tokens[at] === 'option') {
        skipStatement();
      } else if (tokens[at] === 'oneof') {
        at += 2;
        takeDoc();
        expect('{');
        for (takeComments(); tokens[at] !== '}'; takeComments()) {
          message.fields.push(parseField(true));
        }
        at++;
      } else {
        message.fields.push(parseField(false));
      }
    }
    at++;
    takeDoc();
  }

  for (takeComments(); at < tokens.length; takeComments()) {
    const word = next();
    if (word === 'message') parseMessage('');
    else if (word === 'enum') parseEnum('');
    else if (
      ['syntax', 'package', 'import', 'option', 'service'].includes(word)
    ) {
      takeDoc();
      skipStatement();
    } else fail(`unknown statement "${word}"`);
  }
  return found;
}

function docLines(doc, indent) {
  if (doc.length === 0) return '';
  if (doc.length === 1) return `${indent}/** ${doc[0]} */\n`;
  const body = doc.map((line) => `${indent} * ${line}`.trimEnd()).join('\n');
  return `${indent}/**\n${body}\n${indent} */\n`;
}

const camel = (name) => name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase());

/** All parsed files -> the text of types.gen.ts. */
export function render(files) {
  const enums = files.flatMap((file) => file.enums);
  const messages = files.flatMap((file) => file.messages);
  const known = new Set([...enums, ...messages].map((item) => item.name));
  const isMessage = new Set(messages.map((item) => item.name));
  const resolve = (type, owner) => {
    if (scalarTypes[type]) return scalarTypes[type];
    const flat = type.replaceAll('.', '');
    for (const name of [owner + flat, flat]) if (known.has(name)) return name;
    throw new Error(`${owner}: unknown type ${type}`);
  };
  const parts = [
    '// Generated by tools/gen_types.mjs from proto/tinyrig/v1/*.proto: do not edit,',
    '// run `npm run types`. The proto3 JSON shapes; 64-bit integers are strings.',
  ];
  for (const item of enums) {
    const values = item.values.map((v) => `  | '${v.name}'`).join('\n');
    parts.push(
      `\n${docLines(item.doc, '')}export type ${item.name} =\n${values};`,
    );
  }
  for (const message of messages) {
    const fields = message.fields.map((field) => {
      const type = resolve(field.type, message.name);
      const list = field.label === 'repeated';
      // A Timestamp is a message: absent when it was never set.
      const absent =
        !list &&
        (field.label === 'optional' ||
          field.oneof ||
          isMessage.has(type) ||
          field.type.startsWith('google.'));
      return (
        docLines(field.doc, '  ') +
        `  ${camel(field.name)}${absent ? '?' : ''}: ${type}${list ? '[]' : ''};`
      );
    });
    const body = fields.length
      ? `{\n${fields.join('\n')}\n}`
      : 'Record<string, never>';
    parts.push(
      `\n${docLines(message.doc, '')}export ` +
        (fields.length
          ? `interface ${message.name} ${body}`
          : `type ${message.name} = ${body};`),
    );
  }
  return parts.join('\n') + '\n';
}

export function generate() {
  const names = readdirSync(protoFolder)
    .filter((n) => n.endsWith('.proto'))
    .sort();
  return render(
    names.map((name) =>
      parseProto(readFileSync(join(protoFolder, name), 'utf8'), name),
    ),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = generate();
  if (!process.argv.includes('--check')) writeFileSync(outputFile, text);
  else if (readFileSync(outputFile, 'utf8') !== text) {
    console.error('src/types.gen.ts is stale: run `npm run types` in web/');
    process.exit(1);
  }
}
