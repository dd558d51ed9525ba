import java.io.File;
import java.io.FileInputStream;
import java.util.TreeSet;
import javax.xml.transform.stream.StreamSource;
import net.sf.saxon.s9api.Processor;
import net.sf.saxon.s9api.XdmDestination;
import net.sf.saxon.s9api.XsltExecutable;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;

/** Judges files: pairs of a flavour of PDF/A or an XSLT, and a file. Prints a line for each fault. */
class Judge {
  static final Processor SAXON = new Processor(false);
  static XsltExecutable rules;

  public static void main(String[] args) throws Exception {
    VeraGreenfieldFoundryProvider.initialise();
    for (int at = 0; at + 1 < args.length; at += 2) {
      var faults = args[at].endsWith(".xslt") ? broken(args[at], args[at + 1]) : failed(args[at], args[at + 1]);
      System.out.println("judged\t" + args[at + 1]);
      for (var fault : faults) System.out.println("fault\t" + fault.replaceAll("\\s+", " "));
    }
  }

  static TreeSet<String> failed(String flavour, String file) throws Exception {
    var found = new TreeSet<String>();
    var wanted = PDFAFlavour.fromString(flavour);
    try (var parser = Foundries.defaultInstance().createParser(new FileInputStream(file), wanted);
        var validator = Foundries.defaultInstance().createValidator(wanted, false)) {
      var result = validator.validate(parser);
      for (var one : result.getTestAssertions())
        if (one.getStatus() == TestAssertion.Status.FAILED)
          found.add(one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber() + " " + one.getMessage());
      if (found.isEmpty() && !result.isCompliant()) found.add("not compliant");
    }
    return found;
  }

  static TreeSet<String> broken(String stylesheet, String file) throws Exception {
    if (rules == null) rules = SAXON.newXsltCompiler().compile(new StreamSource(new File(stylesheet)));
    var report = new XdmDestination();
    rules.load30().transform(new StreamSource(new File(file)), report);
    var path = SAXON.newXPathCompiler();
    path.declareNamespace("s", "http://purl.oclc.org/dsdl/svrl");
    var found = new TreeSet<String>();
    for (var one : path.evaluate("//s:failed-assert/string(s:text)", report.getXdmNode())) found.add(one.getStringValue());
    if (path.evaluate("//s:fired-rule", report.getXdmNode()).isEmpty()) found.add("no rule was asked");
    return found;
  }
}
