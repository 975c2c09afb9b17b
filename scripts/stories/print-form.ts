/** `print-form.ts participant family=Lopez`: prints a form of the stories, filled in; for the requests of docs/workflows. */
import { filledForm } from './form.ts'

const [, , name = '', ...blanks] = process.argv
const given = blanks.map((blank) => blank.split(/=(.*)/s).slice(0, 2) as [string, string])
console.log(JSON.stringify(filledForm(name, new Map(given))))
