// What docs/api.md says of the stream's frames: their forms from the shapes that read and write them, their meanings from
// the comments of their types.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { streamForms } from '../net/gateway/stream-frames.ts';

export interface FramePage {
  readonly type: string;
  /** the first element of the message */
  readonly kind: number;
  readonly from: 'client' | 'node' | 'client or the node';
  readonly about: string;
  readonly fields: readonly { readonly name: string; readonly form: string; readonly meaning: string }[];
}

/** from dist/scripts to the source */
const sourcePath = fileURLToPath(new URL('../../net/gateway/stream-frames.ts', import.meta.url));

export function streamPages(): readonly FramePage[] {
  const comments = readComments();
  const both = new Set(streamForms.client.filter((each) => streamForms.node.includes(each)));
  const forms = [...new Set([...streamForms.client, ...streamForms.node])];
  return forms.map((form) => {
    const { kind, type, shape } = form;
    const of = comments.get(type);
    return {
      type,
      kind,
      from: both.has(form) ? 'client or the node' : streamForms.client.includes(form) ? 'client' : 'node',
      about: sentence(of?.about ?? ''),
      fields: Object.entries(shape.fields ?? {}).map(([name, field]) => ({
        name,
        form: field.form ?? '',
        meaning: sentence(of?.fields.get(name) ?? ''),
      })),
    };
  });
}

interface Comments {
  readonly about: string;
  /** name → comment */
  readonly fields: ReadonlyMap<string, string>;
}

/** by the type of the frame, which the name of its interface begins with a capital */
function readComments(): ReadonlyMap<string, Comments> {
  const source = ts.createSourceFile(sourcePath, readFileSync(sourcePath, 'utf8'), ts.ScriptTarget.Latest, true);
  const interfaces = source.statements.filter(ts.isInterfaceDeclaration);
  return new Map(
    interfaces.map((each) => [
      each.name.text.toLowerCase(),
      {
        about: commentOf(each),
        fields: new Map(each.members.map((member) => [member.name?.getText() ?? '', commentOf(member)])),
      },
    ]),
  );
}

function commentOf(node: ts.Node): string {
  const texts = ts.getJSDocCommentsAndTags(node).map((each) => ts.getTextOfJSDocComment(each.comment) ?? '');
  return texts.join(' ').replace(/\s+/g, ' ').trim();
}

function sentence(text: string): string {
  const whole = text === '' || text.endsWith('.') ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
