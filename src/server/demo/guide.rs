//! What the demo prints when it is up: lines to paste, and what they should show.
//!
//! Invariant: the numbers and values named here come from the bank itself, so they cannot go stale.

use std::path::Path;

use super::bank::{Bank, Customer};
use super::setup::{PASSWORD, USERS};

/// What each user may see, in Chinese and in English.
const VIEWS: [(&str, &str); 6] = [
    ("全部行;姓名、证件号、手机号、地址脱敏", "all rows; name, ID card, mobile, address masked"),
    ("成都分行及以下;手机号脱敏;看不到薪酬", "成都分行 and below; mobile masked; no salaries"),
    ("仅锦江支行;手机号脱敏,可按完整号码查找", "锦江支行 only; mobile masked, look-up by full number"),
    ("全部行,不脱敏", "all rows, clear"),
    ("数据管家:全部行,个人信息脱敏", "data steward: all rows, personal data masked"),
    ("仅审计", "the audit only"),
];

/// The text for a demo on this port.
pub fn text(bank: &Bank, port: u16, directory: &Path) -> String {
    let managed = |units: &[&str]| bank.customers().iter().filter(|c| units.contains(&c.branch)).count();
    let of_chengdu = managed(&["B10", "B11", "B12", "B13", "B14"]);
    let mobile = bank.customers().iter().find(|c| c.branch == "B11").map_or("", |c: &Customer| &c.mobile);

    let psql = |user: &str, sql: &str| format!("  psql {} -c \"{sql}\"\n", link(port, user));
    let mut out = format!(
        "\nSluice 演示库已就绪 / the demo bank is up: 127.0.0.1:{port}, database bank\n\
         文件 / files: {}    停止 / stop: Ctrl-C\n\n用户(口令均为 {PASSWORD})/ users (password {PASSWORD}):\n",
        directory.display()
    );
    for ((user, ..), (zh, en)) in USERS.iter().zip(VIEWS) {
        out.push_str(&format!("  psql {}\n      {zh} / {en}\n", link(port, user)));
    }
    out.push_str(&format!(
        "\n1. 同一语句,三个人,三个数 / one statement, three people, three counts: {}, {of_chengdu}, {}\n",
        bank.customers().len(),
        managed(&["B11"]),
    ));
    for user in ["hq_analyst", "cd_manager", "jj_teller"] {
        out.push_str(&psql(user, "SELECT count(*) FROM 零售.客户"));
    }
    out.push_str("2. 脱敏 / masks\n");
    out.push_str(&psql("hq_analyst", "SELECT 姓名, 手机号, 证件号, 地址 FROM 零售.客户 LIMIT 5"));
    out.push_str("3. 按完整手机号查找:柜员查得到,分析员查不到 / look-up: the teller finds one, the analyst none\n");
    for user in ["jj_teller", "hq_analyst"] {
        out.push_str(&psql(user, &format!("SELECT 客户号, 手机号 FROM 零售.客户 WHERE 手机号 = '{mobile}'")));
    }
    out.push_str("4. 跨源关联:SQLite 的客户,Parquet 的余额 / a join across SQLite and Parquet\n");
    out.push_str(&psql("cd_manager", JOIN));
    out.push_str("5. 拒绝:看不到的字段等于不存在;不能写 / refused: a hidden field does not exist; no writes\n");
    out.push_str(&psql("cd_manager", "SELECT 薪酬 FROM 零售.员工"));
    out.push_str(&psql("risk_officer", "DELETE FROM 零售.客户"));
    out.push_str("6. 以上一切都有记录 / all of it is on record\n");
    out.push_str(&psql(
        "auditor",
        "SELECT user_name, outcome, rows, lookups, statement FROM audit.queries WHERE event = 'query' ORDER BY opened_at DESC LIMIT 20",
    ));
    out
}

/// Deposits in yuan per sub-branch on the last day, over both sources.
const JOIN: &str = "SELECT b.机构名称, count(DISTINCT c.客户号) AS 客户数, sum(d.余额) AS 余额 FROM 零售.客户 c \
                    JOIN 零售.账户 a ON a.客户号 = c.客户号 JOIN 零售.日终余额 d ON d.账号 = a.账号 \
                    JOIN 零售.机构 b ON b.机构号 = a.开户机构号 WHERE d.统计日期 = DATE '2026-06-30' AND a.币种 = 'CNY' \
                    GROUP BY b.机构名称 ORDER BY 余额 DESC";

/// A connection as psql takes it, ready to paste.
fn link(port: u16, user: &str) -> String {
    // Quoted, because some shells take a question mark for a pattern.
    format!("'postgresql://{user}:{PASSWORD}@127.0.0.1:{port}/bank?sslmode=require'")
}

#[cfg(test)]
mod tests {
    use super::super::bank::{SEED, Scale};
    use super::*;

    #[test]
    fn every_user_gets_a_line_and_the_counts_are_the_banks() {
        let text = text(&Bank::generate(SEED, Scale::full()), 6432, Path::new("/data"));
        for (user, ..) in USERS {
            assert!(text.contains(&format!("psql 'postgresql://{user}:sluice@127.0.0.1:6432/bank?sslmode=require'\n")));
        }
        assert!(text.contains("three counts: 5000, 1663, 430\n"), "{text}");
        let quotes = text.lines().filter(|line| line.contains(" -c ")).all(|line| line.matches('"').count() == 2);
        assert!(quotes, "a statement that the shell would cut");
    }
}
