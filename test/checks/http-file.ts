/**
 * Reads .http files (the format of the HTTP clients of IntelliJ and httpYac) as far as samples/ uses it: `@name = value`,
 * `###` between requests, `# expect 201`, `{{name}}`, a body or `<@ ./file`, and `client.global.set` from the answer.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export type HttpRequest = {
  readonly title: string
  /** What `# expect` says. */
  readonly expected: number
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Variable to the way into the answer's body, such as `.entry[0].resource.id`. */
  readonly sets: readonly (readonly [string, string])[]
}

/** The requests of a file, with variables still in them. Throws for a request that says no `# expect`. */
export function readHttpFile(path: string): readonly HttpRequest[] {
  const [, ...parts] = readFileSync(path, 'utf8').split(/^###\s*/m)
  return parts.map((part) => readRequest(part, dirname(path), path))
}

function readRequest(part: string, folder: string, path: string): HttpRequest {
  const [request = '', handler = ''] = part.split(/^> \{%$/m)
  const [title = '', ...lines] = request.split('\n')
  const at = lines.findIndex((line) => /^[A-Z]+ /.test(line))
  const expected = Number(/^# expect (\d{3})$/.exec(lines.slice(0, at).join('\n'))?.[1])
  if (at < 0 || Number.isNaN(expected))
    throw new Error(`${path}: \`${title}\` needs a request and \`# expect <status>\``)
  const [method = '', url = ''] = (lines[at] ?? '').split(' ')
  const rest = lines.slice(at + 1)
  const blank = rest.indexOf('')
  const head = blank < 0 ? rest : rest.slice(0, blank)
  const written = blank < 0 ? '' : rest.slice(blank).join('\n').trim()
  const file = /^<@ (\S+)$/.exec(written)?.[1]
  return {
    title,
    expected,
    method,
    url,
    headers: Object.fromEntries(head.map((line) => line.split(/:\s*(.*)/s).slice(0, 2) as [string, string])),
    body: file ? readFileSync(join(folder, file), 'utf8') : written,
    sets: [...handler.matchAll(/client\.global\.set\("(\w+)", response\.body(\S+)\)/g)].map(
      ([, name = '', way = '']) => [name, way] as const,
    ),
  }
}

/** The text with its variables filled in. Throws for a variable that nothing has set yet. */
export function fill(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = variables.get(name)
    if (value === undefined) throw new Error(`nothing has set \`${name}\` yet`)
    return value
  })
}

/** The value at a way such as `.entry[0].resource.id`; undefined where there is none. */
export function valueAt(body: unknown, way: string): unknown {
  return way
    .split(/[.[\]]+/)
    .filter((step) => step !== '')
    .reduce((at, step) => (at as Readonly<Record<string, unknown>> | undefined)?.[step], body)
}
