/** Who may import whom, and how long a file may be: the table of docs/architecture.md, enforced. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT, sourceFiles } from './checks/files.ts'
import { importsIn, withoutComments, type Import } from './checks/imports.ts'

/**
 * A part of server/ and the parts that it may import. A file in the root of server/ is a part of its own. `*` is
 * everything. Imports inside a part are free.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  main: ['cli', 'hub', 'config', 'log', 'clock', 'metrics'],
  cli: ['*'],
  hub: ['*'],
  // write/complete.ts: the library validates a resource as the hub completes it.
  library: ['write', 'validate', 'definitions', 'fhir'],
  start: ['log', 'write', 'jobs', 'records', 'store', 'validate', 'search', 'domain', 'definitions', 'fhir', 'config'],
  http: ['interactions', 'operations', 'auth', 'definitions', 'fhir'],
  interactions: [
    'patch',
    'write',
    'records',
    'store',
    'validate',
    'terminology',
    'search',
    'domain',
    'definitions',
    'fhir',
  ],
  operations: [
    'interactions',
    'write',
    'records',
    'store',
    'jobs',
    'validate',
    'terminology',
    'search',
    'domain',
    'definitions',
    'fhir',
  ],
  subscriptions: ['write', 'records', 'jobs', 'store', 'search', 'domain', 'definitions', 'fhirpath', 'fhir'],
  metrics: ['subscriptions', 'jobs', 'records', 'store', 'search', 'domain', 'definitions', 'fhir'],
  jobs: ['write', 'records', 'store', 'search', 'domain', 'definitions', 'fhir'],
  write: ['records', 'store', 'validate', 'terminology', 'search', 'domain', 'definitions', 'fhir'],
  records: ['store', 'search', 'domain', 'fhir'],
  store: ['search', 'fhir'],
  auth: ['write', 'records', 'store', 'search', 'fhir'],
  validate: ['terminology', 'fhirpath', 'definitions', 'fhir'],
  terminology: ['definitions', 'fhirpath', 'fhir'],
  patch: ['definitions', 'fhirpath', 'fhir'],
  fhirpath: ['fhir'],
  search: ['terminology', 'fhirpath', 'definitions', 'fhir'],
  domain: ['definitions', 'fhirpath', 'fhir'],
  definitions: ['fhirpath', 'fhir'],
  fhir: [],
  config: ['store', 'search', 'fhir'],
  log: [],
  clock: [],
}

/** A package that only one place may know, so that it can be exchanged there. */
const KEEPERS: Readonly<Record<string, string | readonly string[]>> = {
  express: 'server/http/',
  helmet: 'server/http/',
  'better-sqlite3': 'server/store/sqlite/',
  mongodb: 'server/store/mongo/',
  'fast-json-patch': 'server/fhir/json-patch.ts',
  fhirpath: 'server/fhirpath/engine.ts',
  '@lhncbc/ucum-lhc': 'server/terminology/ucum.ts',
  ajv: 'server/validate/',
  pino: 'server/log.ts',
  'prom-client': 'server/metrics/',
  saxes: ['server/validate/xhtml.ts', 'server/definitions/xml/'],
  commander: 'server/cli/',
}

const LIMIT = 400

/** Reads of records. What else a store answers (feed, events, cursors, jobs, figures) is no record. */
const READS = /\b(?:store|Store)\.(?:read|readMany|vread|history|find|all|indexed)\(/
/** A viewer made by hand: `insight`, `disclosing` and `unrestricted` of records/view.ts make every other one. */
const VIEWERS = /'unrestricted'|\bviewer: \{/
/** The text of a version, without the parser that keeps numbers as they were written. */
const PLAIN_PARSES = /JSON\.parse\((?:\w+\??\.)*text\b/

/** Who may read records past a view, and why. */
const READERS: Readonly<Record<string, string>> = {
  'server/store/': 'the store itself',
  'server/records/': 'the views',
  'server/search/': 'the queries that a view completes',
  'server/definitions/folders.ts': 'parses files, not records',
  'server/subscriptions/trigger.ts': 'compiles criteria to a filter; nothing is read with it',
  'server/write/circle-guards.ts': 'conditions of a commit about all records, which the store decides',
}

/** `service` is a word of the domain (what an agency provides), so there it is a name. */
const FORBIDDEN_NAMES = ['utils', 'helpers', 'common', 'manager', 'service', 'base']

type FileImport = Import & { readonly from: string }

const files = sourceFiles('server', ['.ts'])
const imports = files.flatMap(importsOf)

describe('the architecture', () => {
  it('sees every form of import, and where it stands', () => {
    const source = [
      "import a from 'a'",
      "import type { B } from './b.ts'",
      '/* import x from "not" */',
      'import {',
      '  c,',
      "} from '../c.ts'",
      "export { d } from './d.ts'",
      "import './e.ts'",
      "  const f = await import('./f.ts')",
      "// import x from 'not'",
    ].join('\n')
    const seen = importsIn(source).map(({ to, line, typeOnly, lazy }) => [
      to,
      line,
      ...(typeOnly ? ['type'] : []),
      ...(lazy ? ['lazy'] : []),
    ])
    assert.deepEqual(seen, [
      ['a', 1],
      ['./b.ts', 2, 'type'],
      ['../c.ts', 4],
      ['./d.ts', 7],
      ['./e.ts', 8],
      ['./f.ts', 9, 'lazy'],
    ])
  })

  it('knows the direction of its table', () => {
    assert.equal(allowed('http', 'interactions'), true)
    assert.equal(allowed('interactions', 'http'), false)
    assert.equal(allowed('fhir', 'store'), false)
    assert.equal(allowed('hub', 'http'), true)
  })

  it('has a row in the import table for every part of server/', () => {
    const parts = [...new Set(files.map(partOf))]
    assert.deepEqual(
      parts.filter((part) => !Object.hasOwn(MAY_IMPORT, part)),
      [],
    )
  })

  it('lets a part import only what its row names', () => {
    const wrong = imports.filter((one) => isOurs(one) && !allowed(partOf(one.from), partOf(target(one))))
    assert.deepEqual(wrong.map(describeImport), [])
  })

  it('keeps one slice of domain/ out of another', () => {
    const slice = (file: string) => file.split('/')[2]
    const inDomain = imports.filter(
      (one) => isOurs(one) && partOf(one.from) === 'domain' && partOf(target(one)) === 'domain',
    )
    assert.deepEqual(inDomain.filter((one) => slice(one.from) !== slice(target(one))).map(describeImport), [])
  })

  it('lets the store know only the types and the matcher of search', () => {
    const reached = imports.filter(
      (one) => isOurs(one) && partOf(one.from) === 'store' && partOf(target(one)) === 'search',
    )
    const wrong = reached.filter((one) => !/^server\/search\/(query|match|types\/.*)\.ts$/.test(target(one)))
    assert.deepEqual(wrong.map(describeImport), [])
  })

  it('has no circle of imports, type imports included', () => {
    assert.deepEqual(circles(), [])
  })

  it('keeps each package where its keeper is', () => {
    const strays = imports.filter((one) => {
      const keeper = KEEPERS[packageOf(one.to)]
      return keeper !== undefined && ![keeper].flat().some((place) => one.from.startsWith(place))
    })
    assert.deepEqual(strays.map(describeImport), [])
  })

  it('imports only packages that package.json names as dependencies', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>
    }
    const outside = imports.filter((one) => !isOurs(one) && !one.to.startsWith('node:'))
    assert.deepEqual(
      outside.filter((one) => !one.typeOnly && !Object.hasOwn(dependencies, packageOf(one.to))).map(describeImport),
      [],
    )
  })

  it('reads records only through a view', () => {
    const readers = files.filter((file) => {
      const code = withoutComments(text(file))
      return [READS, VIEWERS, PLAIN_PARSES].some((pattern) => pattern.test(code))
    })
    const strays = readers.filter((file) => !Object.keys(READERS).some((part) => file.startsWith(part)))
    assert.deepEqual(strays, [])
  })

  it('reads the environment only in config.ts', () => {
    const readers = files.filter((file) => /process\.env\b|from 'node:process'/.test(withoutComments(text(file))))
    assert.deepEqual(
      readers.filter((file) => file !== 'server/config.ts'),
      [],
    )
  })

  it(`has no file over ${LIMIT} lines`, () => {
    const long = files.filter((file) => text(file).split('\n').length - 1 > LIMIT)
    assert.deepEqual(long, [])
  })

  it('names no file after nothing in particular', () => {
    const words = (file: string) =>
      file
        .replace(/\.\w+$/, '')
        .split('/')
        .flatMap((part) => part.split(/[-.]/))
    assert.deepEqual(
      files.filter((file) =>
        words(file).some(
          (word) => FORBIDDEN_NAMES.includes(word) && !(word === 'service' && partOf(file) === 'domain'),
        ),
      ),
      [],
    )
  })

  it('begins every file with a comment that says what it is', () => {
    const bare = files.filter((file) => !/^(#!.*\n)?\/\*\*/.test(text(file)))
    assert.deepEqual(bare, [])
  })
})

function importsOf(file: string): FileImport[] {
  return importsIn(text(file)).map((one) => ({ ...one, from: file }))
}

function partOf(file: string): string {
  const [, part = ''] = file.split('/')
  return part.replace(/\.ts$/, '')
}

function allowed(from: string, to: string): boolean {
  const row = MAY_IMPORT[from] ?? []
  return from === to || row.includes('*') || row.includes(to)
}

/** Depth first over all imports, those of types included, except lazy ones. */
function circles(): string[] {
  const edges = new Map<string, string[]>()
  for (const one of imports) {
    if (!isOurs(one) || one.lazy) continue
    edges.set(one.from, [...(edges.get(one.from) ?? []), target(one)])
  }
  const done = new Set<string>()
  const found: string[] = []
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      found.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      return
    }
    if (done.has(file)) return
    for (const next of edges.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of files) walk(file, [])
  return found
}

function text(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

const isOurs = (one: FileImport): boolean => one.to.startsWith('.')
const target = (one: FileImport): string => relative(ROOT, join(ROOT, dirname(one.from), one.to))
const packageOf = (name: string): string =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
const describeImport = (one: FileImport): string => `${one.from}:${one.line} imports ${one.to}`
