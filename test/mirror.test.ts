/** `test/` mirrors `server/`: the test of a file has its path. What tests several parts at once is a suite, listed here. */
import assert from 'node:assert/strict'
import { sourceFiles } from './checks/files.ts'

/** Suites across parts, and tests of what is not in server/: a file, or a folder (with `/`), and what it tests. */
const SUITES: Readonly<Record<string, string>> = {
  'attack/': 'requests that no client should send, against a whole hub',
  'visibility/': 'who sees which record, over every request and in twin worlds',
  'whole/': 'a whole hub: crashes, races, full disks, fuzzed requests, other clients',
  'requests/': 'random requests made from the tables of the hub',
  'errors/': 'every error code, raised by a request',
  'guides/': 'other guides for referrals, their profiles and their clients',
  'published/': 'the definitions that the hub publishes, against their sources',
  'demo/': 'scripts/demo',
  'scripts/': 'scripts',
  'stories/': 'samples/scenarios/stories, played over HTTP',
  architecture: 'who may import whom',
  budget: 'what requests cost',
  demo: 'the demo, run',
  docs: 'docs',
  mirror: 'this rule',
  readme: 'README.md, run',
  repo: 'the repository',
  samples: 'samples',
  'samples-complete': 'samples, for every rule of every profile',
  'http/fuzz': 'any request line, header and body',
  'interactions/graph': 'chains, _has, _filter and includes over random records, against a naive reading',
  'interactions/open-rules': 'HUB_RULES=open, over the interactions',
  'interactions/search-values': 'searches by every type and modifier, over HTTP',
  'search/edges': 'edge cases of dates and numbers, from resource to search',
  'search/naive': 'search in every store, against a naive reading of the specification',
  'search/properties': 'the parser, the index and the matcher together, over random queries',
  'store/as-of': 'searches as of a sequence, in every store',
  'store/contract': 'what every store does',
  'store/jobs-model': 'the jobs of every store, against a model',
  'store/mongo/two-processes': 'several stores over one MongoDB',
  'store/model': 'every store, against a model',
  'store/mongo-server': 'what the stores need of a MongoDB server, on the server of the tests',
  'store/pages': 'the pages of a search while others write, in every store',
  'store/sqlite/crash': 'SQLite over a power failure',
  'store/sqlite/full': 'SQLite on a full disk',
  'store/sqlite/plan': 'the query plans of SQLite',
  'store/sqlite/size': 'the size of a database',
  'typescript/cache': 'server/typescript, which is JavaScript',
  'typescript/hooks': 'server/typescript, which is JavaScript',
  'validate/adversary': 'resources made to take long',
  'validate/answers': 'answers to questions',
  'validate/base': 'the types of R4',
  'validate/bindings': 'bindings of profiles',
  'validate/clock': 'rules that depend on today',
  'validate/compared': 'rules found by comparison with the HL7 validator',
  'validate/differential': 'verdicts of other validators on mutants',
  'validate/display-names': 'displays of countries, languages and currencies',
  'validate/guides': 'profiles of other implementation guides',
  'validate/hl7-verdicts': 'verdicts of the HL7 validator',
  'validate/imposed': 'imposed profiles',
  'validate/one-verdict': 'one verdict on every way to the validator',
  'validate/profile': 'each facet of an element',
  'validate/questions': 'items of a questionnaire',
  'validate/r4': 'the examples of R4',
  'validate/reference-type': 'Reference.type',
  'validate/robust': 'any input',
  'validate/sentences': 'sentences about slices',
  'validate/suggestions': 'sentences about codes',
}

/** Folders whose files are tested through the part that uses them, and the test that does it. */
const TESTED_BY: Readonly<Record<string, string>> = {
  'store/memory': 'store/contract',
  'store/mongo/search-types': 'store/mongo/keys',
  'store/sqlite/search-types': 'store/contract',
  'write/policy': 'interactions/open-rules',
  'validate/compile': 'validate/profile',
  'validate/facets': 'validate/profile',
  'validate/keywords': 'validate/profile',
  'validate/questionnaire/rules': 'validate/answers',
}

const withoutEnding = (file: string): string => file.replace(/^\w+\//, '').replace(/(\.test)?\.ts$/, '')
const sources = sourceFiles('server', ['.ts']).map(withoutEnding)
const tests = sourceFiles('test', ['.test.ts']).map(withoutEnding)
const folders = [...new Set(sources.map((file) => file.split('/').slice(0, -1).join('/')))].filter((one) => one !== '')

/** Of these test files those that mirror no file and no folder of server/, and are no suite. */
function strays(files: readonly string[]): readonly string[] {
  const subjects = new Set([...sources, ...folders])
  return files.filter((file) => !isSuite(file) && !subjectsOf(file).some((one) => subjects.has(one)))
}

const isSuite = (file: string): boolean =>
  Object.keys(SUITES).some((suite) => (suite.endsWith('/') ? file.startsWith(suite) : file === suite))

/** A subject may have several files: `write/posted-definitions-model` tests `write/posted-definitions` (or a file of its whole name). */
function subjectsOf(file: string): readonly string[] {
  const [name = '', ...above] = file.split('/').reverse()
  const folder = above.reverse()
  const terms = name.split('-')
  return terms.map((_, index) => [...folder, terms.slice(0, index + 1).join('-')].join('/'))
}

describe('the tests', () => {
  it('are found under the path of what they test', () => {
    assert.deepEqual(strays(tests), [])
  })

  it('exist for every folder of server/, as a folder or as a file of its name', () => {
    const tested = (folder: string): boolean =>
      tests.some((file) => file.startsWith(`${folder}/`) || subjectsOf(file).includes(folder))
    assert.deepEqual(
      folders.filter((folder) => !tested(folder) && TESTED_BY[folder] === undefined),
      [],
    )
  })

  it('are all there that the two lists name', () => {
    const named = [...Object.keys(SUITES), ...Object.values(TESTED_BY)]
    assert.deepEqual(
      named.filter((one) => !tests.some((file) => (one.endsWith('/') ? file.startsWith(one) : file === one))),
      [],
    )
  })

  it('are reported when they mirror nothing', () => {
    assert.deepEqual(
      strays([
        'interactions/read',
        'interactions/read-elephant',
        'interactions/elephant',
        'elephant/read',
        'read',
        'store/sqlite',
        'attack/elephant',
        'validate/adversary-elephant',
      ]),
      ['interactions/elephant', 'elephant/read', 'read', 'validate/adversary-elephant'],
    )
  })
})
