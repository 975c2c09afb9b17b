import assert from 'node:assert/strict'
import { filledForm } from '../../scripts/stories/form.ts'
import { readStory } from '../../scripts/stories/read-story.ts'

const story = (...lines: readonly string[]): string => ['# A story', '', '## A scene', '', ...lines].join('\n')
const request = (...lines: readonly string[]) => {
  const [scene] = readStory(story('    es get Patient/1', ...lines.map((line) => `      ${line}`))).scenes
  return scene?.steps[0]
}

describe('a story', () => {
  it('is read as scenes of requests, with the line of each', () => {
    const read = readStory(
      story('    es create participant family="De Vries" given=Ana', '      answer 201', '    later 3 years'),
    )
    assert.equal(read.title, 'A story')
    const [step, wait] = read.scenes[0]?.steps ?? []
    assert.ok(step?.kind === 'request')
    assert.deepEqual(
      [step.line, step.agency, step.verb, step.target, step.status],
      [5, 'es', 'create', 'participant', 201],
    )
    assert.deepEqual(
      [...step.blanks],
      [
        ['family', 'De Vries'],
        ['given', 'Ana'],
      ],
    )
    assert.deepEqual(wait, { kind: 'later', line: 7, until: '3 years' })
  })

  it('says of each answer what is seen, never seen and remembered', () => {
    const step = request('answer 200', "sees name.given = 'Ana'", 'never sees Lopez', 'remember ana = id', 'soon')
    assert.ok(step?.kind === 'request')
    assert.deepEqual(
      [step.sees, step.neverSees, step.remembers, step.isSoon],
      [["name.given = 'Ana'"], ['Lopez'], [['ana', 'id']], true],
    )
  })

  it('is refused for a line that means nothing, and for a request without an answer', () => {
    assert.throws(() => request('answers 200'), /line 6: `answers` is none of/)
    assert.throws(() => request('sees total = 1'), /line 5: the request has no `answer`/)
    assert.throws(() => readStory(story('    es reads Patient/1')), /line 5: `reads` is none of/)
    assert.throws(() => readStory(story('      answer 200')), /belongs to no request/)
  })

  it('fills forms, leaves out what stays blank, and knows the blanks of each', () => {
    const form = filledForm(
      'participant',
      new Map([
        ['agency', 'es'],
        ['family', 'Lopez'],
        ['number', 'ES-1'],
      ]),
    )
    assert.deepEqual(form, {
      resourceType: 'Patient',
      identifier: [
        {
          system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es',
          value: 'ES-1',
          assigner: { reference: 'Organization/es' },
        },
      ],
      active: true,
      name: [{ use: 'official', family: 'Lopez' }],
      managingOrganization: { reference: 'Organization/es' },
    })
    assert.throws(() => filledForm('participant', new Map([['surname', 'Lopez']])), /no blank `surname`/)
  })
})
