// axe has no finding: all rules of WCAG 2.2 A and AA and the best practices, light and dark, wide and narrow, folded
// and unfolded.
import { fold, inWords } from "../subject.mjs";
import { tool } from "../tools.mjs";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];
const WIDTHS = [1280, 390];

const run = async (subject, page, look) => {
  const violations = await page.evaluate(async (tags) => {
    const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
    const summary = (node) => (node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? "";
    return violations.map(({ id, help, nodes }) => ({
      what: `${id}: ${help}`,
      where: nodes.slice(0, 3).map((node) => `${node.target.join(" ")}: ${summary(node)}`),
      more: Math.max(0, nodes.length - 3),
    }));
  }, TAGS);
  for (const { what, where, more } of violations)
    subject.find("axe", what, { look: inWords(look), where: more ? [...where, `and ${more} more`] : where });
};

export default async (subject) => {
  const { source } = (await tool("axe-core")).default;
  const { few } = subject.flags;
  const scheme = (dark) =>
    subject.open({ dark, width: WIDTHS[0] }, async (page) => {
      await page.evaluate(source);
      for (const width of few ? [WIDTHS[Number(dark)]] : WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        for (const open of few ? [true] : [false, true]) {
          await fold(page, open);
          await run(subject, page, { dark, width, folds: open ? "unfolded" : "folded" });
        }
      }
    });
  await Promise.all([scheme(false), scheme(true)]);
};
