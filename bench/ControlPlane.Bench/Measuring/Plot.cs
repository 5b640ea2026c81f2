using System.Text;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace ControlPlane.Bench.Measuring;

/// <summary>Curves as a picture.</summary>
internal static class Plot
{
    /// <summary>In the units of an SVG, 96 an inch.</summary>
    private const double Width = 800, Height = 450;

    /// <summary>How much room there is above the highest point.</summary>
    private const double Headroom = 1.2;

    private const double StrokeThickness = 2;

    /// <summary>Room for numbers of six digits between the axis and its title.</summary>
    private const double TitleDistance = 24;

    /// <summary>One whose widths the exporter knows.</summary>
    private const string Font = "Arial";

    /// <summary>Writes an SVG: sizes to the right, in powers of ten; upwards from 0 the medians, with the least and the most of each.</summary>
    public static Task WriteAsync(string file, string title, string sizes, string values, IReadOnlyList<Curve> curves, CancellationToken cancellationToken)
    {
        PlotModel model = new() { Title = title, Background = OxyColors.White, DefaultFont = Font };
        model.Legends.Add(new Legend { LegendPosition = LegendPosition.BottomLeft });
        model.Axes.Add(new LogarithmicAxis { Position = AxisPosition.Bottom, Title = sizes, MajorGridlineStyle = LineStyle.Dot });
        model.Axes.Add(new LinearAxis
        {
            Position = AxisPosition.Left,
            Title = values,
            AxisTitleDistance = TitleDistance,
            Minimum = 0,
            Maximum = curves.SelectMany(curve => curve.Points).Max(point => point.Most) * Headroom,
            MajorGridlineStyle = LineStyle.Dot,
        });
        foreach (Curve curve in curves)
        {
            LineSeries line = new() { Title = curve.Name, MarkerType = MarkerType.Circle, StrokeThickness = StrokeThickness };
            line.Points.AddRange(curve.Points.Select(point => new DataPoint(point.Size, point.Median)));
            model.Series.Add(line);
            ScatterErrorSeries spread = new() { MarkerType = MarkerType.None };
            spread.Points.AddRange(curve.Points.Select(point => new ScatterErrorPoint(point.Size, (point.Least + point.Most) / 2, 0, point.Most - point.Least)));
            model.Series.Add(spread);
        }

        SvgExporter exporter = new() { Width = Width, Height = Height, UseVerticalTextAlignmentWorkaround = true };
        return File.WriteAllTextAsync(file, exporter.ExportToString(model), Encoding.UTF8, cancellationToken);
    }
}
